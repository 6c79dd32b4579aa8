"""From tensors to pixels and PNG files, and back.

Images are float32 tensors in [0, 1], (3, H, W), RGB. What people look at and save is 8-bit, so every
image that enters here is a multiple of 1/255, and writing it as PNG and reading it back changes nothing.
Torch is imported inside the functions that need it: a page decodes thumbnails before torch has loaded.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from malt_core.images.decoding import decode

if TYPE_CHECKING:
    import torch

MAX_AMPLIFICATION = 256.0


def to_tensor(pixels: np.ndarray) -> torch.Tensor:
    """(H, W, 3) uint8 to (3, H, W) float32, k to k/255 rounded to the nearest float."""
    import torch

    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous().to(torch.float32) / 255


def to_pixels(x: torch.Tensor) -> np.ndarray:
    """(3, H, W) in [0, 1] to (H, W, 3) uint8, rounded to the nearest; values outside are clipped."""
    import torch

    levels = x.detach().to("cpu", torch.float32).clamp(0, 1).mul(255).round()
    return levels.to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def png_bytes(x: torch.Tensor) -> bytes:
    """A PNG file of x, (3, H, W) in [0, 1], rounded to 8 bits."""
    buffer = io.BytesIO()
    Image.fromarray(to_pixels(x)).save(buffer, "PNG")
    return buffer.getvalue()


def read_png(data: bytes) -> torch.Tensor:
    """The (3, H, W) float32 image in [0, 1] that `png_bytes` wrote, exactly. Raises as `decode` does."""
    return to_tensor(np.array(decode(data, "the PNG file")))


def perturbation_image(x0: torch.Tensor, x_adv: torch.Tensor, amplification: float) -> torch.Tensor:
    """The signed change from x0 to x_adv, both (3, H, W) in [0, 1], as a picture (3, H, W) in [0, 1].

    Mid-grey is no change, brighter is more of a colour, darker is less; `amplification` times as strong as
    it is. Print the factor beside the picture.
    """
    return (0.5 + amplification * (x_adv - x0)).clamp(0, 1)


def suggested_amplification(x0: torch.Tensor, x_adv: torch.Tensor) -> float:
    """The factor by which every picture of the change from x0 to x_adv, (3, H, W) each, shows it.

    The largest power of two with which `perturbation_image` stays in the range of colours: a power of two, so
    that whoever sees ×16 can halve and double it; and no larger, so that no change is cut off. 1.0 where
    nothing changed, and never below, not even where a pixel moved by more than half the range: a change that
    can be seen as it is needs no weakening. At most 256: what is smaller than half of 1/255 is nothing that
    8 bits can hold, and is not to look like a strong change. The player's buttons have the same two ends.
    """
    return amplification_of(float((x_adv - x0).abs().max()))


def amplification_of(largest: float) -> float:
    """The factor of `suggested_amplification` where no colour value changed by more than `largest`."""
    if largest == 0:
        return 1.0
    # 128.5/255 rather than 1/2: a change of 8/255 times 16 is one 8-bit level too much, which nobody sees.
    factor = 2.0 ** math.floor(math.log2(128.5 / 255 / largest))
    return min(MAX_AMPLIFICATION, max(1.0, factor))
