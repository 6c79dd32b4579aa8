"""Images as numpy files (.npy): float32, for what lies between the 256 levels that a PNG holds."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import numpy as np

from malt_core.errors import BadImage
from malt_core.types import Sample

if TYPE_CHECKING:
    import torch

START = b"\x93NUMPY"
"""What every .npy file begins with."""


def npy_bytes(x: torch.Tensor) -> bytes:
    """Return a .npy file of the image x, (3, H, W) in [0, 1], in float32, as `numpy.load` reads it."""
    buffer = io.BytesIO()
    np.save(buffer, x.detach().cpu().numpy().astype(np.float32), allow_pickle=False)
    return buffer.getvalue()


def read_npy(data: bytes, name: str, size: tuple[int, int]) -> np.ndarray:
    """Return the image in a .npy file, (3, H, W) float32 in [0, 1].

    size: (H, W) of the model; arrays are never resized, since that would undo what they are kept for.
    name: the file's, for messages. Raises BadImage for anything but floats from 0 to 1 of the shape (3, H, W)
    or (H, W, 3).
    """
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise BadImage(
            f"{name} is damaged, incomplete or holds Python objects. Save the image by "
            "numpy.save(name, array), as float32."
        ) from error
    if array.dtype.kind != "f":
        raise BadImage(
            f"{name} holds {array.dtype}; expected float32 from 0 to 1. Divide 8-bit pixels by 255."
        )
    array = _colours_first(array, name, size).astype(np.float32)
    low, high = float(array.min()), float(array.max())  # NaN if there is any
    if not (low >= 0 and high <= 1):
        raise BadImage(f"{name} holds values from {low:.4g} to {high:.4g}; expected 0 to 1.")
    return array


def _colours_first(array: np.ndarray, name: str, size: tuple[int, int]) -> np.ndarray:
    if array.shape == (3, *size):
        return array
    if array.shape == (*size, 3):
        return np.ascontiguousarray(array.transpose(2, 0, 1))
    height, width = size
    raise BadImage(
        f"{name} has the shape {array.shape}; this model takes (3, {height}, {width}) or "
        f"({height}, {width}, 3). Arrays are not resized, as their values would change: choose the model "
        "that the image was made for."
    )


def sample_of_array(array: np.ndarray, *, name: str, label: int | None = None) -> Sample:
    """Make a sample of what `read_npy` returned."""
    import torch

    return Sample(x=torch.from_numpy(array.copy()), name=name, digest=array_digest(array), label=label)


def array_digest(array: np.ndarray) -> str:
    """Return the SHA-256 of the 8-bit pixels, where the image is made of such, else of the floats."""
    pixels = array_pixels(array)
    exact = np.array_equal(pixels.transpose(2, 0, 1).astype(np.float32) / np.float32(255), array)
    return hashlib.sha256((pixels if exact else array).tobytes()).hexdigest()


def array_pixels(array: np.ndarray) -> np.ndarray:
    """Return what `read_npy` returned in whole steps, to look at: (H, W, 3) uint8."""
    return np.ascontiguousarray(np.rint(array.transpose(1, 2, 0) * 255).astype(np.uint8))
