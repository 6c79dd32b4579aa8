"""The photographs of a site: small JPEG files, with what is known of what they show."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from malt_core.images.gallery import GALLERY, find_photo, true_classes
from malt_core.images.sources import open_source, source_credit, source_name
from malt_core.types import ModelInfo

SIDE, THUMBNAIL = 640, 120  # pixels
DEFAULT = ("espresso", "drum", "photographer")
"""Of the gallery: what the ImageNet network names rightly, and what may be published by its licence."""


@dataclass(frozen=True)
class SitePhoto:
    """id: in links. alt: for those who do not see it. data: a JPEG file; thumbnail: a small one.

    truth: by model id, the classes that name what it shows; models of which that is not known are left out.
    """

    id: str
    name: str
    alt: str
    credit: str
    data: bytes
    thumbnail: bytes
    truth: dict[str, list[int]]

    @property
    def thumbnail_address(self) -> str:
        """As a data address."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.thumbnail).decode()}"


def site_photo(source: str, number: int, infos: Sequence[ModelInfo]) -> SitePhoto:
    """Return a picture, named as the command line names it. Raises as `open_source` does."""
    image = open_source(source, "centre")
    image.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    truth, id, name = {}, f"photo-{number}", source_name(source)
    alt = name
    if source.startswith(GALLERY):
        id = source.removeprefix(GALLERY)
        alt = find_photo(id).alt
        known = {info.id: true_classes(id, info) for info in infos}
        truth = {model: sorted(classes) for model, classes in known.items() if classes is not None}
    return SitePhoto(id, name, alt, source_credit(source), _jpeg(image, 93), _jpeg(_square(image), 85), truth)


def _square(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    part = image.crop((left, top, left + side, top + side))
    return part.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BICUBIC)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
