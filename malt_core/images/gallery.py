"""The gallery: real photographs that installed packages carry, ready offline.

Only their data files are used; the packages themselves are not imported (foolbox's import would need git).
"""

from __future__ import annotations

import difflib
import importlib.util
import io
from functools import lru_cache
from pathlib import Path

from PIL import Image

from malt_core.errors import BadConfig, BadImage
from malt_core.images.decoding import decode
from malt_core.images.photographs import PHOTOS, RETIRED, GalleryPhoto
from malt_core.types import Crop, ModelInfo

GALLERY = "gallery:"
"""What a gallery photo's id is written after, where a file's name could stand as well."""
DEFAULT_PHOTO = "espresso"
_NOTHING_LEFT_OUT = {"cifar10"}  # data sets of so few classes that those in a photo's truth are all
_SOLD_AS = {"skimage": "scikit-image", "sklearn": "scikit-learn", "foolbox": "foolbox"}


def gallery() -> tuple[GalleryPhoto, ...]:
    """Every photograph."""
    return PHOTOS


def find_photo(id: str) -> GalleryPhoto:
    """The photograph of that id. Raises BadConfig, naming the nearest, where there is none."""
    by_id = {photo.id: photo for photo in PHOTOS}
    if id in RETIRED:
        raise BadConfig(
            f"The photo {id!r} has left the gallery: {RETIRED[id]}. Try {GALLERY}{DEFAULT_PHOTO}."
        )
    if id not in by_id:
        near = difflib.get_close_matches(id.lower(), by_id, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"The gallery has {', '.join(by_id)}."
        raise BadConfig(f"Unknown gallery photo {id!r}. {hint}")
    return by_id[id]


def true_classes(id: str, info: ModelInfo) -> frozenset[int] | None:
    """The classes of the model, by index, that name what the photo shows; None where that is not certain.

    Empty where certainly none does. Raises BadConfig as `find_photo` does.
    """
    names = find_photo(id).truth.get(info.dataset)
    if names is None:
        return frozenset() if info.dataset in _NOTHING_LEFT_OUT else None
    return frozenset(info.classes.index(name) for name in names if name in info.classes) or None


def open_photo(id: str, crop: Crop = "centre") -> Image.Image:
    """The photograph in RGB, upright: for "centre" cut to the square around its subject, otherwise whole.

    Raises BadConfig for an unknown id, BadImage where the package that carries it is not installed.
    """
    photo = find_photo(id)
    image = decode(_path(photo).read_bytes(), photo.file)
    if crop != "centre":
        return image
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop(photo.box or (left, top, left + side, top + side))


def _path(photo: GalleryPhoto) -> Path:
    spec = importlib.util.find_spec(photo.package)
    path = Path(spec.origin).parent / photo.file if spec and spec.origin else None
    if path is None or not path.is_file():
        package = _SOLD_AS[photo.package]
        raise BadImage(
            f"The photo {photo.id!r} comes with {package}, which is not installed: pip install {package}."
        )
    return path


@lru_cache(maxsize=64)
def thumbnail_bytes(id: str, side: int) -> bytes:
    """A square JPEG of side × side pixels, for a picker. Raises as `open_photo` does."""
    image = open_photo(id).resize((side, side), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
