"""A network behind a defence that can refuse or abstain, as others load it: with its info."""

from __future__ import annotations

from torch import Tensor

from malt_core.models.loaders import Model
from malt_core.trust.refusals import Answer, Refusing
from malt_core.types import ModelInfo


class RefusingModel(Model, Refusing):
    """A Model that can refuse or abstain, as the network in it does."""

    def __init__(self, info: ModelInfo, network: Refusing) -> None:
        super().__init__(info, network)
        self.abstains = network.abstains

    def answer(self, x: Tensor) -> Answer:
        self.check_size(x)
        return self.network.answer(x)
