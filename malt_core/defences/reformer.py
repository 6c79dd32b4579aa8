"""MagNet's reformer (Meng and Chen, arXiv 1705.09064, section 4.2): a picture drawn anew."""

from __future__ import annotations

from torch import Tensor, nn


class Reformer(nn.Module):
    """The network, shown images as an autoencoder gives them back; differentiable from end to end."""

    def __init__(self, network: nn.Module, autoencoder: nn.Module) -> None:
        super().__init__()
        self.network, self.autoencoder = network, autoencoder

    def forward(self, x: Tensor) -> Tensor:
        return self.network(self.autoencoder(x))
