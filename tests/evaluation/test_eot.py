"""A randomised network in an evaluation: each verdict is the majority's, and a chunk's result its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from malt_core.attacks import second_opinion
from malt_core.errors import BadConfig
from malt_core.evaluation.chunks import evaluate_chunk
from malt_core.evaluation.types import Chunk, ChunkResult, EvaluationConfig
from tests.helpers.analytic import Counted, smooth_cnn
from tests.helpers.evaluations import CONFIG, Pictures

DRAWS = 3


class Noisy(nn.Module):
    """Adds noise to its input at each call, as a randomised defence does."""

    def __init__(self) -> None:
        super().__init__()
        self.network = smooth_cnn()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x + 0.02 * torch.randn_like(x))


@pytest.fixture(autouse=True)
def few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "QUERIES", 4)
    monkeypatch.setattr(second_opinion, "IMAGES", 1)


def chunk(network: nn.Module) -> ChunkResult:
    job = Chunk(0, tuple(Pictures().records(range(4))))
    return evaluate_chunk(network, (8, 8), job, replace(CONFIG, eot=DRAWS, eps=2 / 255))


@pytest.mark.filterwarnings("ignore::malt_core.errors.MaltWarning")
def test_a_chunk_of_a_randomised_network_is_the_same_again() -> None:
    network = Counted(Noisy())
    found = chunk(network)
    torch.randn(3)
    again = chunk(Noisy())
    assert (again.images, again.flags) == (found.images, found.flags)
    assert found.n_forward % DRAWS == found.n_backward % DRAWS == 0
    assert sum(image.n_forward for image in found.images) == found.n_forward
    assert sum(image.n_backward for image in found.images) == found.n_backward
    assert found.n_forward <= network.forwards <= found.n_forward + 100, "the trial of the network apart"


def test_eot_is_a_setting_of_our_attacks_alone() -> None:
    with pytest.raises(BadConfig, match="eot is no setting of the attack apgd-ce, only of malt, naive"):
        EvaluationConfig(attack="apgd-ce", eot=5)
    with pytest.raises(BadConfig, match="eot must be a whole number from 1 to 1000"):
        EvaluationConfig(eot=0)
