"""The network as an attacker without gradients has it: something to ask, so many times."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from malt_core.attacks.decisions import Spent
from malt_core.harness.counting import CountingModel
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes

TOGETHER = 32  # images of 64 x 64 pixels sent through the network at a time


class Levels(nn.Module):
    """The same network, given colours rounded to so many levels: its gradient is zero wherever it is one."""

    def __init__(self, network: Network, levels: int) -> None:
        super().__init__()
        self.network, self.levels = network, levels

    def forward(self, x: Tensor) -> Tensor:
        return self.network((x * (self.levels - 1)).round() / (self.levels - 1))


class Oracle:
    """Answers about images, each counted by the counting wrapper, at most `budget` of them.

    network: in evaluation mode. label: what it answers to the original. Beyond the budget nothing is asked,
    and Spent is raised. No gradient is ever asked for; `backward` is the count of those taken all the same.
    """

    def __init__(self, network: Network, label: int, budget: int) -> None:
        self._passes = Passes()
        self._counting = CountingModel(network, self._passes)
        self._network, self._label, self.budget = network, label, budget

    @property
    def queries(self) -> int:
        """Images asked about so far."""
        return self._passes.forward

    @property
    def backward(self) -> int:
        """Gradients taken so far."""
        return self._passes.backward

    def scores(self, images: Tensor) -> Tensor:
        """Return the logits of images (R, C, H, W), (R, K). Raises Spent."""
        if self.queries + len(images) > self.budget:
            raise Spent
        parts = [
            gradients.logits(
                self._counting, gradients.match_memory_format(self._network, part), Passes(), any_number=True
            )
            for part in images.split(gradients.worth_a_pass(images, TOGETHER))
        ]
        return torch.cat(parts)

    def fools(self, images: Tensor) -> Tensor:
        """Return whether the class of each image (R, C, H, W) is another one, (R,) bool. Raises Spent."""
        z = self.scores(images)
        return (z.argmax(1) != self._label) & gradients.finite_rows(z)
