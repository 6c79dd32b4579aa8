"""JPEG compression before the network looks (Guo et al., arXiv 1711.00117, section 3)."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from malt_core.trust.straight_through import straight_through

QUALITY = 75


def jpeg(x: Tensor, quality: int = QUALITY) -> Tensor:
    """Return images x (B, 3, H, W), in [0, 1], as they come back from a JPEG file; 1 is the coarsest quality.

    The values are those of the real file, read again. The gradient passes through unchanged (Athalye et al.,
    arXiv 1802.00420, section 5.4.1).
    """
    return straight_through(lambda values: _through_files(values, quality))(x)


def _through_files(x: Tensor, quality: int) -> Tensor:
    pixels = (x * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    return torch.stack([_through_file(picture, quality) for picture in pixels]).to(x)


def _through_file(picture: np.ndarray, quality: int) -> Tensor:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    read = np.asarray(Image.open(file).convert("RGB"))
    return torch.from_numpy(read.copy()).permute(2, 0, 1).float() / 255


class Jpeg(nn.Module):
    """The network, shown images after JPEG compression."""

    def __init__(self, network: nn.Module, quality: int = QUALITY) -> None:
        super().__init__()
        self.network, self.quality = network, quality

    def forward(self, x: Tensor) -> Tensor:
        return self.network(jpeg(x, self.quality))
