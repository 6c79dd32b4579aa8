"""Fewer values for each colour (Xu, Evans and Qi, arXiv 1704.01155, section 4.1)."""

from __future__ import annotations

from torch import Tensor, nn

from malt_core.trust.straight_through import straight_through

BITS = 3


def bit_depth(x: Tensor, bits: int = BITS) -> Tensor:
    """Return images x, in [0, 1], with 2 ** bits values left a colour; the gradient passes unchanged."""
    most = 2**bits - 1
    return straight_through(lambda values: values.mul(most).round().div(most))(x)


class BitDepth(nn.Module):
    """The network, shown images of so many bits a colour; 8 leave an 8-bit picture as it is."""

    def __init__(self, network: nn.Module, bits: int = BITS) -> None:
        super().__init__()
        self.network, self.bits = network, bits

    def forward(self, x: Tensor) -> Tensor:
        return self.network(bit_depth(x, self.bits))
