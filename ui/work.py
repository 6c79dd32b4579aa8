"""What the job queue computes for the Attack page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PIL import Image

from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import AttackEvent
from malt_core.images.decoding import decode
from malt_core.images.gallery import GALLERY, find_photo, open_photo
from malt_core.images.resize import resize
from malt_core.types import Crop
from ui.jobs import Report
from ui.link import Settings
from ui.models import ModelShelf
from ui.places import Place, Places

if TYPE_CHECKING:
    from malt_core.models.loaders import Model

TOP = 3


@dataclass(frozen=True)
class Picture:
    """A picture as the model sees it: 8-bit RGB at its resolution, so that no large upload stays in memory.

    source: what the command line takes to open it; credit: who made it, for gallery photos.
    """

    image: Image.Image
    name: str
    source: str
    alt: str
    credit: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of size and pixels."""
        return hashlib.sha256(repr(self.image.size).encode() + self.image.tobytes()).hexdigest()


def gallery_picture(photo_id: str, size: tuple[int, int], crop: Crop) -> Picture:
    """A photograph of the gallery at size (H, W). Raises as malt_core.images.gallery.open_photo does."""
    photo = find_photo(photo_id)
    image = resize(open_photo(photo_id, crop), size, crop=crop, name=photo.id)
    credit = f"{photo.source} ({photo.licence})"
    return Picture(image, photo.id, GALLERY + photo.id, photo.alt, credit)


def own_picture(data: bytes, name: str, size: tuple[int, int], crop: Crop) -> Picture:
    """A picture file at size (H, W). Raises as malt_core.images.decoding.decode does."""
    image = resize(decode(data, name), size, crop=crop, name=name)
    return Picture(image, name, name, f"Your picture {name}")


@dataclass(frozen=True)
class Outcome:
    """The last event of an attack job: the run, and the JSON-able view of it that pages draw."""

    run: AttackRun
    view: dict[str, Any]


def attack_key(settings: Settings, picture: Picture) -> str:
    """Equal keys mean equal results."""
    return _digest("attack", replace(settings, photo=""), picture.name, picture.source, picture.digest)


def glance_key(settings: Settings, picture: Picture) -> str:
    """Equal keys mean equal answers."""
    return _digest("glance", settings.model, picture.digest)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def load_model(shelf: ModelShelf, model_id: str) -> Callable[[Report], Model]:
    """A loading function for the queue."""

    def load(report: Report) -> Model:
        return shelf.get(model_id, report)

    return load


def load_in_place(
    shelf: ModelShelf, model_id: str, places: Places
) -> Callable[[Report], tuple[Model, Place]]:
    """A loading function for long work, which waits for a place first and has to leave it at its end."""

    def load(report: Report) -> tuple[Model, Place]:
        place = places.take(report)
        try:
            return shelf.get(model_id, report), place
        except BaseException:
            place.leave()
            raise

    return load


def attack(settings: Settings, picture: Picture) -> Callable[[Model], Iterator[AttackEvent | Outcome]]:
    """A work function for the queue: attack events, then the Outcome."""

    def work(model: Model) -> Iterator[AttackEvent | Outcome]:
        from malt_core.attack_run.run import attack_and_measure
        from malt_core.images.resize import to_sample
        from ui.view import view_of

        sample = to_sample(
            picture.image, model.info.size, crop=settings.crop, name=picture.name, label=settings.label
        )
        for event in attack_and_measure(
            model, sample, settings.config, crop=settings.crop, source=picture.source
        ):
            yield Outcome(event, view_of(event)) if isinstance(event, AttackRun) else event

    return work


def glance(picture: Picture) -> Callable[[Model], Iterator[tuple[tuple[str, float], ...]]]:
    """A work function for the queue: the likeliest classes with their confidences from 0 to 1, at once."""

    def work(model: Model) -> Iterator[tuple[tuple[str, float], ...]]:
        import torch

        from malt_core.images.resize import to_sample

        x = to_sample(picture.image, model.info.size, crop="centre", name=picture.name).x
        with torch.inference_mode():
            likely = model(x[None]).softmax(1)[0].topk(min(TOP, len(model.info.classes)))
        pairs = zip(likely.indices.tolist(), likely.values.tolist(), strict=True)
        yield tuple((model.info.classes[index], share) for index, share in pairs)

    return work


def as_text(data: bytes) -> str:
    """Bytes for a JSON-able view."""
    return base64.b64encode(data).decode("ascii")
