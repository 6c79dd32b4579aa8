"""A picture attacked by answers alone: what is counted, what is seen, and who judges."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from malt_core.answers.run import attack_by_answers
from malt_core.answers.types import METHODS, AnswersConfig, Began, Ended, Heard, Measured
from malt_core.errors import BadConfig
from malt_core.numerics import norms
from malt_core.trust.refusals import Answer, Refusing
from tests.helpers.analytic import Constant, Counted, Linear, classes, grey, sample


class NoBackward(torch.autograd.Function):
    @staticmethod
    def forward(_context: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(_context: Any, gradient: torch.Tensor) -> torch.Tensor:
        raise AssertionError("somebody has asked for a gradient")


class AnswersOnly(nn.Module):
    """A network that raises when a gradient is asked for."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(NoBackward.apply(x))


class Deceiving(nn.Module):
    """Calls far images another class, but after so many `asked` it answers as to the original for good."""

    def __init__(self, asked: int) -> None:
        super().__init__()
        self.asked = asked

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        far = (x - grey().to(x)).flatten(1).abs().amax(1) > 1e-3
        self.asked -= len(x)
        z = torch.zeros(len(x), 4)
        z[:, 0] = 1.0
        if self.asked > 0:
            z[far, 1] = 2.0
        return z


def run(network: nn.Module, **how: Any) -> list[Any]:
    config = AnswersConfig(**{"eps": 0.05, "queries": 300} | how)
    return list(attack_by_answers(network, sample(grey()[0]), config))


def ended(events: list[Any]) -> dict[str, Ended]:
    return {event.method: event for event in events if isinstance(event, Ended)}


def test_events_begin_with_the_answer_and_end_with_all_three() -> None:
    events = run(Linear(5))
    assert isinstance(events[0], Began)
    assert events[0].label == 0
    assert isinstance(events[1], Measured)
    assert events[1].fooled
    assert set(ended(events)) == set(METHODS)
    for method in METHODS:
        spent = [event.queries for event in events if isinstance(event, Heard) and event.method == method]
        assert spent == sorted(spent)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_every_query_is_counted_and_none_is_beyond_the_budget(norm: str) -> None:
    network = Counted(Linear(5))
    config = AnswersConfig(norm=norm, eps=0.0005, queries=150)  # too little for anybody: all is spent
    spent, judged, before = dict.fromkeys(METHODS, 0), 0, 0
    for event in attack_by_answers(network, sample(grey()[0]), config):
        if isinstance(event, Measured):
            before = network.forwards
        elif isinstance(event, (Heard, Ended)):
            spent[event.method] = event.queries
            judged += isinstance(event, Ended) * (2 if event.method == "square" else 1)
            assert network.forwards - before == sum(spent.values()) + judged
    assert spent["square"] == spent["evolution"] == 150
    assert 125 < spent["hopskipjump"] <= 150  # what is left is too little for its next batch
    assert judged == 4


def test_no_method_sees_a_gradient() -> None:
    events = run(AnswersOnly(Linear(5)), eps=0.2, queries=600)
    assert events[1].reason  # MALT cannot be run at all
    assert all(one.fooled for one in ended(events).values())
    assert all(one.within for one in ended(events).values())


def test_nothing_has_to_be_differentiable() -> None:
    events = run(Linear(5), eps=0.2, queries=600, levels=8)
    assert not events[1].fooled
    assert events[1].flags or events[1].reason
    assert all(one.fooled for one in ended(events).values())


def test_distances_and_verdicts_are_those_of_the_images() -> None:
    model = Linear(5)
    nearest = min(distance for distance in model.distances("linf") if distance > 0)
    for one in ended(run(model, queries=1500)).values():
        assert classes(model, one.image[None]).item() == one.answer != 0
        assert one.distance == pytest.approx(float(norms.size(one.image[None] - grey(), "linf")))
        assert one.distance >= nearest * 0.9999
        assert one.within is None or one.within >= (one.start or 0)


def test_no_success_is_claimed_that_the_judge_does_not_confirm() -> None:
    events = run(Deceiving(300), eps=0.0005, queries=200)
    heard = [event for event in events if isinstance(event, Heard) and event.method != "square"]
    assert any(event.value is not None for event in heard)  # they believe that they have something
    for one in ended(events).values():
        assert not one.fooled
        assert one.distance is one.within is None
        assert one.answer == 0


def test_where_nothing_fools_nothing_is_claimed() -> None:
    for one in ended(run(Constant([1.0, 0.5, 0.2, 0.1]))).values():
        assert not one.fooled
        assert one.distance is one.within is one.start is None
        assert torch.equal(one.image, grey()[0])


def test_the_same_seed_gives_the_same_run() -> None:
    def told(seed: int) -> list[tuple[Any, ...]]:
        events = run(Linear(5), seed=seed)
        return [(e.method, e.queries, e.value) for e in events if isinstance(e, Heard)]

    first = told(0)
    torch.rand(5)
    assert first == told(0)
    assert first != told(1)


class Guarded(Refusing):
    """A linear network that refuses what differs from grey by more than this, or all."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self.network, self.most = Linear(5), most

    def answer(self, x: torch.Tensor) -> Answer:
        return Answer(self.network(x), (x - grey()).flatten(1).abs().amax(1) - self.most)


@pytest.mark.parametrize("levels", [0, 64])
def test_a_picture_that_is_refused_has_withstood(levels: int) -> None:
    assert any(one.fooled for one in ended(run(Guarded(2.0), levels=levels)).values())
    for one in ended(run(Guarded(1e-2), levels=levels)).values():
        assert not one.fooled
    with pytest.raises(BadConfig, match="refuses this picture"):
        run(Guarded(-1.0), levels=levels)


def test_closing_it_stops_the_work() -> None:
    network = Counted(Linear(5))
    events = attack_by_answers(network, sample(grey()[0]), AnswersConfig(eps=0.001, queries=5000))
    for _ in range(6):
        next(events)
    events.close()
    assert network.forwards < 2000


@pytest.mark.parametrize("wrong", [{"queries": 5}, {"levels": 1}, {"eps": 0}, {"norm": "l7"}, {"seed": -1}])
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadConfig):
        AnswersConfig(**wrong)
