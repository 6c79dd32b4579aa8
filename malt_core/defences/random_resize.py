"""Resized at random and padded at a random place (Xie et al., arXiv 1711.01991)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALLEST = 0.9
"""Share of the side that the smallest picture keeps. Xie et al. go up from 299 to at most 331 pixels instead,
on a network that takes any size; ours are shown their own size."""


class RandomResize(nn.Module):
    """The network, shown images resized to a random side from `smallest` of theirs to all of it, on black.

    One draw a call, the same for the whole batch, from torch's generator at that moment; see Randomised.
    """

    def __init__(self, network: nn.Module, smallest: float = SMALLEST) -> None:
        super().__init__()
        self.network, self.smallest = network, smallest

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        share = self.smallest + (1 - self.smallest) * float(torch.rand(()))
        inner = max(1, round(height * share)), max(1, round(width * share))
        if inner != (height, width):
            x = F.interpolate(x, inner, mode="bilinear", antialias=True)
        top, left = (int(torch.randint(0, gap + 1, ())) for gap in (height - inner[0], width - inner[1]))
        padding = left, width - inner[1] - left, top, height - inner[0] - top
        return self.network(F.pad(x, padding))
