"""From the records of a data set to pictures as a model sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image

from malt_core.datasets.base import Record
from malt_core.errors import BadImage
from malt_core.images.decoding import decode, to_rgb
from malt_core.images.preprocessing import Preprocessing
from malt_core.images.resize import to_sample

if TYPE_CHECKING:
    from torch import Tensor


def decoded(
    records: Sequence[Record], size: tuple[int, int]
) -> tuple[list[Record], list[Tensor], list[tuple[Record, str]]]:
    """Return the records that hold a picture, those pictures (3, H, W), and the rest, each with its trouble.

    size: (H, W), what pictures of another size are brought to.
    """
    sound, pixels, corrupt = [], [], []
    for record in records:
        try:
            if record.image is None:
                raise BadImage(record.problem)
            pixels.append(to_sample(_picture(record, size), size, crop="centre", name=record.name).x)
            sound.append(record)
        except BadImage as error:
            corrupt.append((record, str(error)))
    return sound, pixels, corrupt


def _picture(record: Record, size: tuple[int, int]) -> Image.Image:
    """Return the picture of a record, brought to the model's size (H, W) if its makers say how."""
    image = record.image
    if isinstance(image, bytes):
        image = decode(image, record.name, as_stored=record.as_published)
    if record.preprocessing and (record.as_published or image.size != size[::-1]):
        return Preprocessing.named(record.preprocessing)(to_rgb(image, record.name))
    return image
