"""Each pixel the median of its neighbours (Xu, Evans and Qi, arXiv 1704.01155, section 4.2)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 2


def median(x: Tensor, side: int = SIDE) -> Tensor:
    """Return images x (B, C, H, W) with each value the median of side x side around it, by channel.

    An even number of values has the lower of both middle ones. The border is reflected. The gradient is the
    median's own: it goes to the pixel that the median is.
    """
    before, after = (side - 1) // 2, side // 2
    padded = F.pad(x, (before, after, before, after), mode="reflect")
    windows = padded.unfold(2, side, 1).unfold(3, side, 1)
    return windows.flatten(4).median(4).values


class Median(nn.Module):
    """The network, shown images after a median blur; a side of 1 leaves them as they are."""

    def __init__(self, network: nn.Module, side: int = SIDE) -> None:
        super().__init__()
        self.network, self.side = network, side

    def forward(self, x: Tensor) -> Tensor:
        return self.network(median(x, self.side) if self.side > 1 else x)
