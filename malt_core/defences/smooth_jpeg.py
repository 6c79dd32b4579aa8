"""JPEG compression that can be differentiated, to lend its gradient to the real one.

Shin and Song, JPEG-resistant Adversarial Images (NeurIPS 2017 workshop on machine learning and computer
security): every step of the codec, with the rounding of its coefficients r(v) = round(v) + (v - round(v))³.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

BLOCK = 8
_YCBCR = torch.tensor(  # JFIF, of values from 0 to 255
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)


@cache
def _tables(quality: int) -> tuple[Tensor, Tensor]:
    """Return what the encoder divides coefficients of brightness and of colour by, (8, 8) each."""
    file = io.BytesIO()
    Image.new("RGB", (2 * BLOCK, 2 * BLOCK)).save(file, "JPEG", quality=quality)
    tables = Image.open(file).quantization
    brightness, colour = (torch.tensor(tables[i]).float().view(BLOCK, BLOCK) for i in (0, 1))
    return brightness, colour


@cache
def _cosines() -> Tensor:
    """Return the matrix (8, 8) of the discrete cosine transform of eight values, orthogonal."""
    k = torch.arange(BLOCK).float()
    matrix = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / (2 * BLOCK)) / math.sqrt(BLOCK / 2)
    matrix[0] /= math.sqrt(2)
    return matrix


def _quantised(planes: Tensor, table: Tensor) -> Tensor:
    """Return planes (B, C, H, W) with the coefficients of each block of 8 by 8 rounded, softly."""
    b, c, h, w = planes.shape
    cosines, table = _cosines().to(planes), table.to(planes)
    blocks = planes.view(b, c, h // BLOCK, BLOCK, w // BLOCK, BLOCK).transpose(3, 4)
    v = cosines @ blocks @ cosines.T / table
    whole = v.round().detach()
    blocks = cosines.T @ ((whole + (v - whole) ** 3) * table) @ cosines
    return blocks.transpose(3, 4).reshape(b, c, h, w)


def smooth_jpeg(quality: int) -> Callable[[Tensor], Tensor]:
    """Return a function from images (B, 3, H, W), in [0, 1], to what a JPEG of this quality makes of them.

    Nearly: colour has half the resolution, as in files that Pillow writes at its defaults; values may leave
    [0, 1] a little, since nothing is cut off.
    """
    brightness_table, colour_table = _tables(quality)

    def compress(x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        whole = 2 * BLOCK
        x = F.pad(x, (0, -w % whole, 0, -h % whole), mode="replicate")
        to_ycbcr = _YCBCR.to(x)
        planes = torch.einsum("ij,bjhw->bihw", to_ycbcr, x * 255)
        brightness = _quantised(planes[:, :1] - 128, brightness_table) + 128
        colour = _quantised(F.avg_pool2d(planes[:, 1:], 2), colour_table)
        colour = F.interpolate(colour, scale_factor=2, mode="bilinear", align_corners=False)
        planes = torch.cat((brightness, colour), 1)
        return torch.einsum("ij,bjhw->bihw", to_ycbcr.inverse(), planes)[..., :h, :w] / 255

    return compress
