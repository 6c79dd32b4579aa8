"""The network as an attacker without gradients has it: something to ask, so many times."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from malt_core.attacks.decisions import Spent
from malt_core.errors import BadConfig
from malt_core.harness.counting import CountingModel
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust import refusals

TOGETHER = 32  # images of 64 x 64 pixels sent through the network at a time


class Levels(nn.Module):
    """The same network, given colours rounded to so many levels: its gradient is zero wherever it is one."""

    def __init__(self, network: Network, levels: int) -> None:
        super().__init__()
        self.network, self.levels = network, levels
        self.training = False

    def forward(self, x: Tensor) -> Tensor:
        return self.network(rounded(x, self.levels))


def rounded(x: Tensor, levels: int) -> Tensor:
    """Return images in [0, 1] with colours rounded to so many levels; as they are for 0."""
    return (x * (levels - 1)).round() / (levels - 1) if levels else x


def as_attacked(model: Network, x0: Tensor, levels: int) -> Network:
    """Return the network that is asked about changes of x0 (1, C, H, W), as its attackers hear it.

    A picture that it refuses keeps the answer to x0, since it has withstood; see trust/refusals.py. Raises
    BadConfig where it gives no answer to x0 itself.
    """
    seen = rounded(x0, levels)
    z, unanswered = refusals.verdict(model, seen, Passes())
    if bool(unanswered):
        raise BadConfig(
            "The network refuses this picture, or abstains, without any attack: choose another picture, or "
            "another network."
        )
    network = refusals.with_labels(model, seen, z.argmax(1))
    return Levels(network, levels) if levels else network


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
