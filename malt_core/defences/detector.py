"""MagNet's detector (Meng and Chen, arXiv 1705.09064, section 4.1): what does not come back is odd."""

from __future__ import annotations

from torch import Tensor, nn

from malt_core.defences.autoencoder import reconstruction_error
from malt_core.trust.refusals import Answer, Refusing


class Detector(Refusing):
    """The network, which refuses a picture that the autoencoder misses by more than `threshold`."""

    def __init__(self, network: nn.Module, autoencoder: nn.Module, threshold: float) -> None:
        super().__init__()
        self.network, self.autoencoder, self.threshold = network, autoencoder, threshold

    def answer(self, x: Tensor) -> Answer:
        return Answer(self.network(x), reconstruction_error(self.autoencoder, x) / self.threshold - 1)
