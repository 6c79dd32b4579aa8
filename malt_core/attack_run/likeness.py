"""How alike two images are to look at."""

from __future__ import annotations

import torch

from malt_core.attack_run.types import Likeness

WINDOW = 7  # pixels a side, skimage's own


def likeness(x0: torch.Tensor, x: torch.Tensor) -> Likeness:
    """Compare two images, (C, H, W) in [0, 1] each, by their largest difference and by their structure.

    Structural similarity: Wang et al. 2004, as scikit-image computes it, the mean over the colours.
    """
    from skimage.metrics import structural_similarity

    largest = float((x - x0).abs().max())
    ssim = None
    if min(x0.shape[1:]) >= WINDOW:
        pair = (image.double().cpu().numpy() for image in (x0, x))
        ssim = float(structural_similarity(*pair, channel_axis=0, data_range=1.0))
    return Likeness(largest_change=largest, ssim=ssim)
