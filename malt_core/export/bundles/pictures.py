"""The pictures in a bundle, whose size is known before any pixel is decoded."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL.PngImagePlugin import PngImageFile

from malt_core.attack_run.record import RunRecord
from malt_core.errors import BadConfig, BadImage
from malt_core.export.bundles import contents
from malt_core.images import arrays
from malt_core.images.decoding import decode

MOST_SIDE = 1024  # pixels that a network looks at
_HEADER = 10_000  # bytes of a .npy file that say what it holds


@dataclass(frozen=True)
class Pictures:
    """Each (3, H, W) float32 in [0, 1].

    original, adversarial: as exact as the bundle holds them; levels, saved: the same two in 8 bits.
    """

    levels: np.ndarray
    original: np.ndarray
    adversarial: np.ndarray
    saved: np.ndarray


def read_pictures(members: Mapping[str, bytes], record: RunRecord, where: str) -> Pictures:
    """Return the pictures of a bundle. Raises BadConfig for any but sound ones of the size in the record."""
    size = record.image.height, record.image.width
    if not all(1 <= side <= MOST_SIDE for side in size):
        raise BadConfig(
            f"In {where}, the image is said to have {size[1]:,} × {size[0]:,} pixels; a network looks at "
            f"{MOST_SIDE} a side at most."
        )
    levels, saved = (
        _shares(_png(members, name, size, where)) for name in (contents.ORIGINAL, contents.ADVERSARIAL)
    )
    original = _npy(members, contents.ORIGINAL_EXACT, size, where)
    adversarial = _npy(members, contents.ADVERSARIAL_EXACT, size, where)
    return Pictures(
        levels=levels,
        original=levels if original is None else original,
        adversarial=saved if adversarial is None else adversarial,
        saved=saved,
    )


def _shares(levels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(levels.transpose(2, 0, 1)).astype(np.float32) / np.float32(255)


def _png(members: Mapping[str, bytes], name: str, size: tuple[int, int], where: str) -> np.ndarray:
    said = f"{name} of {where}"
    data = members[name]
    try:
        shown = PngImageFile(io.BytesIO(data)).size
    except Exception:  # Pillow's readers raise whatever a damaged file leads them to
        raise BadConfig(f"{said} is no PNG picture, or a damaged one.") from None
    if shown != (size[1], size[0]):
        raise BadConfig(
            f"{said} has {shown[0]:,} × {shown[1]:,} pixels; its record says {size[1]:,} × {size[0]:,}."
        )
    try:
        return np.asarray(decode(data, said))
    except BadImage as error:
        raise BadConfig(str(error)) from None


def _npy(members: Mapping[str, bytes], name: str, size: tuple[int, int], where: str) -> np.ndarray | None:
    """Return the exact image, None where there is none. Python objects are never read."""
    if name not in members:
        return None
    said, data = f"{name} of {where}", members[name]
    room = 4 * 3 * size[0] * size[1]
    if not room < len(data) <= room + _HEADER or _array_in(data) != ((3, *size), False, np.dtype("<f4")):
        raise BadConfig(f"{said} is no float32 image of {size[1]:,} × {size[0]:,} pixels.")
    try:
        return arrays.read_npy(data, said, size)
    except BadImage as error:
        raise BadConfig(str(error)) from None


def _array_in(data: bytes) -> tuple | None:
    """Return what a .npy file's head says of its array, None where it says nothing that can be read."""
    file = io.BytesIO(data)
    try:
        np.lib.format.read_magic(file)
        return np.lib.format.read_array_header_1_0(file)
    except (ValueError, EOFError, OSError):
        return None
