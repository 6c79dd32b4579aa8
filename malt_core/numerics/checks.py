"""What is given from outside, checked once: images and labels. Every message says what was expected.

Torch is imported inside the functions that need it, since images are also made before torch has loaded.
"""

from __future__ import annotations

import math
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


def check_sample(x: torch.Tensor) -> torch.Tensor:
    """One image of a Sample, (C, H, W) float32 in [0, 1], as a batch of its own: a copy, (1, C, H, W).

    Raises BadImage for another type or shape, no pixels, values outside [0, 1].
    """
    import torch

    if x.dim() != 3 or x.dtype != torch.float32:
        raise BadImage(f"The sample must be float32 (3, H, W), not {x.dtype} {tuple(x.shape)}.")
    if x.numel() == 0:
        raise BadImage(f"The sample of shape {tuple(x.shape)} holds no pixels.")
    if not x.isfinite().all() or x.min() < 0 or x.max() > 1:
        raise BadImage("The sample has values outside 0 to 1; divide 8-bit values by 255.")
    return x[None].detach().clone()


def check_label(label: int, classes: int) -> None:
    """Raise BadConfig unless label is the index of one of so many classes."""
    if not 0 <= label < classes:
        raise BadConfig(f"Label {label} is out of range: the model has classes 0 to {classes - 1}.")


def check_labels(y: torch.Tensor | None, z: torch.Tensor) -> torch.Tensor:
    """The labels (B,) int64 of a batch with logits z (B, K), on their device; the predictions if y is None.

    Raises BadConfig for anything but one class index for each image.
    """
    import torch

    if y is None:
        return z.argmax(1)
    try:
        y = torch.as_tensor(y, device=z.device)
    except (TypeError, ValueError, RuntimeError):
        raise BadConfig(
            f"y must hold class indices; this {type(y).__name__} cannot be read as such."
        ) from None
    if y.shape != z.shape[:1] or y.dtype.is_floating_point or y.dtype == torch.bool:
        raise BadConfig(
            f"y must hold one class index for each of the {len(z)} images, not {y.dtype} {tuple(y.shape)}."
        )
    if y.min() < 0 or y.max() >= z.shape[1]:
        raise BadConfig(
            f"y has labels from {int(y.min())} to {int(y.max())}; the model has 0 to {z.shape[1] - 1}."
        )
    return y.long()


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
