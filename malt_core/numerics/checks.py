"""What is given from outside, checked once: images and labels. Every message says what was expected.

Torch is imported inside the functions that need it, since images are also made before torch has loaded.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

import numpy as np

from malt_core.errors import BadConfig, BadImage

if TYPE_CHECKING:
    import torch


def check_batch(x: torch.Tensor | np.ndarray) -> torch.Tensor:
    """A batch of images given through Python, (B, C, H, W) in [0, 1] with any number of channels, as float32.

    A tensor stays on its device, cut from its graph; a numpy array is copied.
    Raises BadImage for anything else: integers, another number of dimensions, an empty batch, channels
    last, NaN or infinite values, values outside [0, 1].
    """
    import torch

    if not isinstance(x, (torch.Tensor, np.ndarray)):
        raise BadImage(f"Images must be a torch tensor or a numpy array, not {type(x).__name__}.")
    in_numpy = isinstance(x, np.ndarray)
    if not (x.dtype.kind == "f" if in_numpy else x.dtype.is_floating_point):
        raise BadImage(f"Images must be floats from 0 to 1, not {x.dtype}. Divide 8-bit pixels by 255.")
    _check_layout(tuple(x.shape))
    x = torch.from_numpy(x.astype(np.float64, order="C")) if in_numpy else x.detach()
    x = x.float()
    low, high = (extreme.item() for extreme in x.aminmax())  # NaN if there is any
    if not (math.isfinite(low) and math.isfinite(high)):
        raise BadImage("The images contain NaN or infinite values; expected numbers from 0 to 1.")
    if low < 0 or high > 1:
        raise BadImage(
            f"Image values run from {low:.4g} to {high:.4g}; expected 0 to 1. {_range_hint(low, high)}"
        )
    return x


def check_image(x: torch.Tensor | np.ndarray, name: str = "The image") -> torch.Tensor:
    """One image given through Python, (C, H, W) in [0, 1], as check_batch would take it: (1, C, H, W)
    float32.

    name: what the message begins with. Raises BadImage as check_batch does.
    """
    shape = tuple(getattr(x, "shape", ()))
    if hasattr(x, "shape") and len(shape) != 3:
        raise BadImage(f"{name} must have the shape (channels, height, width), not {shape}.")
    return check_batch(x[None] if shape else x)


def check_class(index: object, classes: int, name: str = "Label") -> int:
    """Return the index of one of so many classes, given as a whole number of any kind, as an int.

    name: what the message begins with. Raises BadConfig for anything else.
    """
    try:
        if isinstance(index, (bool, np.bool_)) or str(getattr(index, "dtype", "")).endswith("bool"):
            raise TypeError
        found = operator.index(index)
    except (TypeError, ValueError, RuntimeError):
        raise BadConfig(f"{name} must be the index of a class, a whole number, not {index!r}.") from None
    if not 0 <= found < classes:
        raise BadConfig(f"{name} {found} is out of range: the model has classes 0 to {classes - 1}.")
    return found


def check_labels(y: object, z: torch.Tensor) -> torch.Tensor:
    """The labels (B,) int64 of a batch with logits z (B, K), on their device; the predictions if y is None.

    y: whole numbers of any kind, in a tensor, an array or a sequence. Raises BadConfig for anything but one
    class index for each image.
    """
    import torch

    if y is None:
        return z.argmax(1)
    kind = type(y).__name__
    try:
        if not isinstance(y, torch.Tensor):
            array = np.asarray(y)  # knows every unsigned type, which torch hardly does
            if array.dtype.kind in "iu":
                if array.size and int(array.max()) > np.iinfo(np.int64).max:
                    raise _out_of_range(array, z)
                array = array.astype(np.int64)
            y = torch.as_tensor(array)
        wrong = y.dtype.is_floating_point or y.dtype.is_complex or y.dtype == torch.bool
        if y.shape != z.shape[:1] or wrong:
            raise BadConfig(
                f"y must hold one class index for each of the {len(z)} images, not {y.dtype} "
                f"{tuple(y.shape)}."
            )
        y = y.detach().to(z.device).to(torch.int64)
    except (TypeError, ValueError, RuntimeError):
        raise BadConfig(f"y must hold class indices; this {kind} cannot be read as such.") from None
    if y.min() < 0 or y.max() >= z.shape[1]:
        raise _out_of_range(y, z)
    return y


def _out_of_range(y: torch.Tensor | np.ndarray, z: torch.Tensor) -> BadConfig:
    low, high = int(y.min()), int(y.max())
    return BadConfig(f"y has labels from {low} to {high}; the model has 0 to {z.shape[1] - 1}.")


def _check_layout(shape: tuple[int, ...]) -> None:
    if len(shape) != 4:
        hint = " For one image give x[None]." if len(shape) == 3 else ""
        raise BadImage(f"Images must have the shape (batch, channels, height, width), not {shape}.{hint}")
    if 0 in shape:
        raise BadImage(f"The batch of shape {shape} holds no pixels: give at least one image.")
    channels, height, width = shape[1:]
    if width == 3 and channels > 4 and height > 4:
        raise BadImage(
            f"The shape {shape} looks like (batch, height, width, channels); expected (batch, channels, "
            "height, width): give x.permute(0, 3, 1, 2), or x.transpose(0, 3, 1, 2) in numpy."
        )


def _range_hint(low: float, high: float) -> str:
    if low > -0.01 and high < 1.01:
        return "Clip them: x.clip(0, 1)."
    if low < 0:
        return (
            "If they are normalised by mean and standard deviation, undo that and normalise inside the model."
        )
    return "If they are 8-bit pixels, divide by 255." if high <= 255 else "Scale them to 0 to 1."
