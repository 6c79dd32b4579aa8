"""An evaluation in turns: the same report, and nobody else is disturbed."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig
from malt_core.evaluation import stepwise
from malt_core.evaluation.plan import make_plan
from malt_core.evaluation.report import Report
from malt_core.evaluation.run import evaluate, in_process
from malt_core.evaluation.stepwise import Working, evaluate_in_turns
from malt_core.evaluation.types import ChunkResult, EvaluationConfig, Plan
from malt_core.models.loaders import Model
from tests.harness.test_stepwise import stepwise_threads
from tests.helpers.evaluations import INFO, Pictures, load, numbers, plan, result
from tests.helpers.short_ensemble import short_ensemble

__all__ = ["short_ensemble"]  # a fixture


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepwise, "TURN", 0.0)  # a pause ahead of every forward pass


@pytest.mark.parametrize("attack", ["malt", "apgd-ce"])
def test_it_ends_with_the_same_report_whatever_others_draw_meanwhile(attack):
    config = EvaluationConfig(attack=attack, eps=2.5 / 255, n_iter=6, batch_size=4)
    data = Pictures(corrupt=(5,))
    whole = make_plan(load(), data, config)
    expected = numbers(result(evaluate(whole, data, in_process(load(), whole))))
    events = []
    for event in evaluate_in_turns(load(), data, whole):
        events.append(event)
        torch.rand(3)  # somebody else's draw
    assert isinstance(events[0], Plan)
    assert sum(isinstance(event, ChunkResult) for event in events) == whole.chunks == 4
    assert sum(isinstance(event, Working) for event in events) > 20
    assert isinstance(events[-1], Report)
    assert numbers(events[-1]) == expected


class Disturbed(nn.Module):
    """The tiny network; at every call another thread draws random numbers, as the making of a model does."""

    def __init__(self) -> None:
        super().__init__()
        self.network = load()

    def forward(self, x: Tensor) -> Tensor:
        others = threading.Thread(target=torch.rand, args=(100,))
        others.start()
        others.join()
        return self.network(x)


@pytest.mark.usefixtures("short_ensemble")
@pytest.mark.parametrize("attack", ["apgd-ce", "apgd-t", "autoattack"])
def test_what_other_threads_draw_in_the_middle_of_a_turn_changes_nothing(attack, monkeypatch):
    monkeypatch.setattr(stepwise, "TURN", 0.1)
    data = Pictures(4)
    steps = {} if attack == "autoattack" else {"n_iter": 6}
    whole = make_plan(load(), data, EvaluationConfig(attack=attack, eps=2.5 / 255, batch_size=4, **steps))
    before = torch.random.get_rng_state()
    expected = result(evaluate(whole, data, in_process(load(), whole)))
    *_, report = evaluate_in_turns(Model(INFO, Disturbed()), data, whole)
    torch.random.set_rng_state(before)
    assert numbers(report) == numbers(expected)


def test_the_global_random_state_is_left_to_others():
    data = Pictures(4)
    whole = make_plan(load(), data, EvaluationConfig(attack="apgd-ce", eps=2.5 / 255, n_iter=6, batch_size=4))
    torch.manual_seed(11)
    expected = torch.rand(30)
    torch.manual_seed(11)
    events = evaluate_in_turns(load(), data, whole)
    drawn = []
    for _ in range(10):
        next(events)
        drawn.append(torch.rand(3))
    events.close()
    assert torch.equal(torch.cat(drawn), expected)
    after = torch.rand(2)
    torch.manual_seed(11)
    assert torch.equal(after, torch.rand(32)[30:]), "nor does closing change it"


def test_closing_ends_it_in_the_middle_of_a_chunk():
    data = Pictures()
    events = evaluate_in_turns(load(), data, plan(data))
    while not isinstance(next(events), Working):
        pass
    assert stepwise_threads() == 1
    events.close()
    assert stepwise_threads() == 0


def test_working_counts_the_passes_of_the_chunk():
    data = Pictures(8)
    counts: list[list[int]] = [[]]
    for event in evaluate_in_turns(load(), data, plan(data)):
        if isinstance(event, Working):
            counts[-1].append(event.n_forward)
        elif isinstance(event, ChunkResult):
            assert counts[-1] == sorted(counts[-1])
            assert 0 < counts[-1][-1] <= event.n_forward
            counts.append([])
    assert len(counts) == 3


def test_errors_are_handed_on():
    data = Pictures(4, corrupt=(0, 1, 2, 3))
    with pytest.raises(BadConfig, match="None of the 4 images"):
        list(evaluate_in_turns(load(), data, plan(data)))
