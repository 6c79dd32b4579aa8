"""An image on its way from one network to another of the same or another input size."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from malt_core.images.pixels import to_pixels, to_tensor
from malt_core.images.resize import resize
from malt_core.numerics import norms


def carried(x: Tensor, x0: Tensor, eps: float, size: tuple[int, int]) -> Tensor:
    """Return images (B, 3, h, w) in [0, 1] as a network of input size (H, W) gets them, (B, 3, H, W).

    The same tensor where they have that size. Otherwise each is saved in 8 bits, without leaving the ball of
    eps around its original x0, and resized as any photograph is (malt_core/images/resize.py): both the clean
    image, x = x0, and the adversarial one.
    """
    if tuple(x.shape[2:]) == tuple(size):
        return x
    saved = norms.eight_bit_image(x, x0, "linf", eps)
    pictures = [
        resize(Image.fromarray(to_pixels(one)), size, crop="centre", name="the image") for one in saved
    ]
    return torch.stack([to_tensor(np.array(picture)) for picture in pictures]).to(x)
