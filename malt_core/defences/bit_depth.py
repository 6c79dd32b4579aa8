"""Fewer values for each colour (Xu, Evans and Qi, arXiv 1704.01155, section 4.1)."""

from __future__ import annotations

from torch import Tensor, nn

from malt_core.trust.straight_through import StraightThrough, straight_through

BITS = 3


def bit_depth(bits: int = BITS) -> StraightThrough:
    """Return the step that leaves images, in [0, 1], 2 ** bits values a colour; gradients pass unchanged."""
    most = 2**bits - 1
    return straight_through(lambda values: values.mul(most).round().div(most))


class BitDepth(nn.Module):
    """The network, shown images of so many bits a colour; 8 leave an 8-bit picture as it is."""

    def __init__(self, network: nn.Module, bits: int = BITS) -> None:
        super().__init__()
        self.network, self.rounded = network, bit_depth(bits)

    def forward(self, x: Tensor) -> Tensor:
        return self.network(self.rounded(x))
