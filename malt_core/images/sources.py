"""A picture as the command line and the pages name it: a file, or "gallery:ID"."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from malt_core.errors import BadImage
from malt_core.images import arrays
from malt_core.images.decoding import JPEG_BYTES, decode, too_many_bytes
from malt_core.images.gallery import DEFAULT_PHOTO, GALLERY, find_photo, gallery, open_photo
from malt_core.images.resize import reduced, to_sample
from malt_core.types import Crop, Sample


def open_sample(source: str, size: tuple[int, int], *, crop: Crop, label: int | None = None) -> Sample:
    """Return the picture at a model's resolution, size (H, W), for an attack; label as in Sample.

    An image in a .npy file comes as it is, see `arrays.read_npy`. Raises as `open_source` and that do.
    """
    name = source_name(source)
    if source.startswith(GALLERY):
        return to_sample(
            open_source(source, crop), size, crop=crop, name=name, label=label, credit=source_credit(source)
        )
    data = _read(source)
    if data.startswith(arrays.START):
        return arrays.sample_of_array(arrays.read_npy(data, name, size), name=name, label=label)
    return to_sample(reduced(decode(data, name)), size, crop=crop, name=name, label=label)


def open_source(source: str, crop: Crop) -> Image.Image:
    """Return the picture, 8-bit RGB, upright: `reduced`, one of the gallery cut as `open_photo` does.

    Raises BadImage for a file that cannot be read or is no picture, BadConfig for an unknown gallery photo.
    """
    if source.startswith(GALLERY):
        return open_photo(source.removeprefix(GALLERY), crop)
    return reduced(decode(_read(source), source_name(source)))


def _read(source: str) -> bytes:
    path = Path(source)
    try:
        with path.open("rb") as file:
            data = file.read(JPEG_BYTES + 1)
    except FileNotFoundError:
        known = source in {photo.id for photo in gallery()}
        hint = (
            f"Did you mean {GALLERY}{source}?"
            if known
            else f"Check the path, or try a photo that is always there, such as {GALLERY}{DEFAULT_PHOTO}."
        )
        raise BadImage(f"There is no file {source}. {hint}") from None
    except IsADirectoryError:
        raise BadImage(f"{path} is a folder: give a picture file.") from None
    except OSError as error:
        raise BadImage(f"Cannot read {source}: {error.strerror}.") from error
    if len(data) > JPEG_BYTES:
        raise too_many_bytes(path.name, f"over {JPEG_BYTES / 1e6:.0f} MB")
    return data


def source_name(source: str) -> str:
    """Return what to call the picture: the gallery photo's id, or the file's name without its folders."""
    return source.removeprefix(GALLERY) if source.startswith(GALLERY) else Path(source).name


def source_credit(source: str) -> str:
    """Return author and licence of the picture, "" for a file: nothing is known of it.

    Raises BadConfig for an unknown gallery photo.
    """
    return find_photo(source.removeprefix(GALLERY)).credit if source.startswith(GALLERY) else ""
