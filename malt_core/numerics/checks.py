"""What is given from outside, checked once: images and labels. Every message says what was expected."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from malt_core.errors import BadImage

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
