"""JPEG compression before the network looks (Guo et al., arXiv 1711.00117, section 3)."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from malt_core.defences.smooth_jpeg import smooth_jpeg
from malt_core.trust.straight_through import StraightThrough, straight_through

QUALITY = 75


def jpeg(quality: int = QUALITY) -> StraightThrough:
    """Return the step from images (B, 3, H, W), in [0, 1], to what comes back from a JPEG file.

    quality: 1 is the coarsest. The values are those of the real file, read again; the gradient is that of
    smooth_jpeg. The identity's, as in Athalye et al. (arXiv 1802.00420, section 5.4.1), is a poor guide: a
    change that the file does not keep is as good to it as any other.
    """
    return straight_through(lambda values: _through_files(values, quality), smooth_jpeg(quality))


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
        self.network, self.compressed = network, jpeg(quality)

    def forward(self, x: Tensor) -> Tensor:
        return self.network(self.compressed(x))
