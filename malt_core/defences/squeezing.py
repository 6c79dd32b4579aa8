"""Feature squeezing as a detector (Xu, Evans and Qi, arXiv 1704.01155): does less detail matter?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from malt_core.defences.bit_depth import bit_depth
from malt_core.defences.median import median
from malt_core.trust.refusals import Answer, Refusing

BITS, SIDE = 5, 2
"""The squeezers that the paper found best together for colour pictures, without its non-local means."""


def squeezed_distance(network: nn.Module, x: Tensor, z: Tensor) -> Tensor:
    """Return the largest L1 distance between the softmax of logits z (B, K) and of squeezed images, (B,).

    x: (B, 3, H, W) in [0, 1], whose logits z are. From 0 to 2.
    """
    given = z.float().softmax(1)
    far = [
        (network(squeezed).float().softmax(1) - given).abs().sum(1)
        for squeezed in (bit_depth(BITS)(x), median(x, SIDE))
    ]
    return torch.stack(far).amax(0)


class Squeezing(Refusing):
    """The network, which refuses a picture whose answer changes by more than `threshold` when squeezed."""

    def __init__(self, network: nn.Module, threshold: float) -> None:
        super().__init__()
        self.network, self.threshold = network, threshold

    def answer(self, x: Tensor) -> Answer:
        z = self.network(x)
        return Answer(z, squeezed_distance(self.network, x, z) / self.threshold - 1)
