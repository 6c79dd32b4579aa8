"""What survives of an adversarial picture when it is passed on: compressed, scaled, copied off a screen.

Kurakin, Goodfellow and Bengio (arXiv 1607.02533) asked this of printed pictures; here it is what people do to
a picture on its way to others. The unchanged picture is treated in the same way: where the network no longer
knows that one either, a changed answer is the treatment's doing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from malt_core.attack_run.survival_types import TREATMENTS, Survival
from malt_core.images.decoding import decode
from malt_core.images.pixels import to_tensor
from malt_core.images.resize import resize
from malt_core.types import PredictedClass

if TYPE_CHECKING:
    from malt_core.models.loaders import Model

MESSENGER = 1280  # pixels that messengers leave of the longer side
SCREEN = 1.25  # magnification of a screen


@dataclass(frozen=True)
class _Judge:
    """Asks a network what it says of a picture of any size."""

    model: Model

    def __call__(self, picture: Image.Image) -> PredictedClass:
        import numpy as np
        import torch

        from malt_core.numerics import gradients

        # The whole picture, however it was scaled: a frame would cut some of it off.
        seen = resize(picture, self.model.info.size, crop="centre", name="the treated picture")
        x = gradients.placed(self.model, to_tensor(np.array(seen))[None])
        with torch.inference_mode():
            sure, index = gradients.logits(self.model, x, gradients.Passes()).float().softmax(1)[0].max(0)
        return PredictedClass(
            index=int(index), name=self.model.info.classes[int(index)], confidence=float(sure)
        )


def survival(model: Model, original: bytes, adversarial: bytes, label: int) -> Iterator[Survival]:
    """Yield what the network says of both pictures after each treatment, the untreated ones first.

    original, adversarial: picture files at the network's size. label: index of the class that the attack led
    away from. Raises BadImage for files that are no pictures.
    """
    pictures = [decode(data, name) for data, name in ((original, "original"), (adversarial, "adversarial"))]
    judge = _Judge(model)
    for treatment in TREATMENTS:
        before, after = (judge(_TREAT[treatment.id](picture)) for picture in pictures)
        yield Survival(
            treatment=treatment,
            original=before,
            adversarial=after,
            known=before.index == label,
            fooled=after.index != label,
        )


def _jpeg(quality: int) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: _saved(picture, "JPEG", quality=quality)


def _saved(picture: Image.Image, kind: str, **how: int) -> Image.Image:
    """Return a picture as it is after saving and opening again."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **how)
    return decode(buffer.getvalue(), "the treated picture")


def _scaled(picture: Image.Image, factor: float) -> Image.Image:
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Image.Resampling.BICUBIC)


def _half(picture: Image.Image) -> Image.Image:
    return _scaled(picture, 0.5).resize(picture.size, Image.Resampling.BICUBIC)


def _messenger(picture: Image.Image) -> Image.Image:
    return _saved(_scaled(picture, MESSENGER / max(picture.size)), "JPEG", quality=70)


_TREAT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "none": lambda picture: picture,
    "jpeg95": _jpeg(95),
    "jpeg85": _jpeg(85),
    "jpeg70": _jpeg(70),
    "webp": lambda picture: _saved(picture, "WEBP", quality=80),
    "half": _half,
    "screenshot": lambda picture: _scaled(picture, SCREEN),
    "messenger": _messenger,
}
assert set(_TREAT) == {treatment.id for treatment in TREATMENTS}, "each treatment that is named is done"
