"""The referee: what counts as a fall, and what its looking costs."""

from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor, nn

from malt_core.attacks.pgd import fgsm
from malt_core.numerics.gradients import Passes
from malt_core.race import referee as module
from malt_core.race.referee import Referee
from malt_core.race.types import Fell, Progress, RaceConfig
from tests.helpers.analytic import LiesToAttacks, Linear, classes, grey, images, smooth_cnn

EPS = 8 / 255


def watch(model: nn.Module, x: Tensor, **config: object) -> Referee:
    numbers = tuple(range(10, 10 + len(x)))
    return Referee("pgd", model, x, classes(model, x), numbers=numbers, config=RaceConfig(**config))


def falls(referee: Referee) -> list[Fell]:
    return [event for event in referee.news if isinstance(event, Fell)]


def across(model: Linear, distance: float) -> Tensor:
    """Grey moved by `distance` (linf) straight towards class 1, (1, C, H, W)."""
    return grey() + distance * (model.weight[1] - model.weight[0]).detach().sign().view_as(grey())


@pytest.fixture
def two() -> tuple[Linear, float]:
    """Two classes, and how far (linf) grey is from the boundary."""
    model = Linear(2)
    return model, model.distances("linf")[0]


def test_an_image_falls_at_the_first_point_inside_its_ball_that_fools(two) -> None:
    model, distance = two
    referee = watch(model, grey(), eps=1.2 * distance)
    referee.begin("pgd", 100)
    referee(across(model, 0.9 * distance))
    referee(across(model, 1.3 * distance))
    assert not falls(referee), "not fooled, and outside of the ball"
    point = across(model, 1.1 * distance)
    referee(torch.cat((grey(), point)))
    (fell,) = falls(referee)
    assert (fell.image, fell.into, fell.stage, fell.robust, fell.lane) == (10, 1, "pgd", 0, "pgd")
    assert (fell.n_forward, fell.n_backward) == (4, 0), "the judging is not counted"
    assert torch.equal(referee.adversarial, point)
    referee(across(model, 1.15 * distance))
    assert len(falls(referee)) == 1, "once"
    assert torch.equal(referee.adversarial, point)


@pytest.mark.parametrize(("eps", "inside"), [(0.9, False), (1.1, True)])
def test_the_l2_ball(eps: float, inside: bool) -> None:
    model = Linear(2)
    down = (model.weight[1] - model.weight[0]).detach().view_as(grey())
    point = grey() + down / down.norm() * 1.01 * model.distances("l2")[0]
    referee = watch(model, grey(), norm="l2", eps=eps * float((point - grey()).norm()))
    referee(point)
    assert bool(falls(referee)) is inside


def test_values_beyond_black_and_white_do_not_count(two) -> None:
    model, distance = two
    white = across(model, 1.1 * distance) + 10
    referee = watch(model, grey(), eps=20.0, norm="l2")
    referee(white)
    assert not falls(referee)


def test_each_image_is_asked_about_by_its_own_label() -> None:
    """Points sent in another order than the images, among points that belong to none."""
    model, x = smooth_cnn(), images(4)
    other = fgsm(model, x, classes(model, x), norm="linf", eps=EPS, passes=Passes())
    expected = set((classes(model, other) != classes(model, x)).nonzero()[:, 0].tolist())
    assert 0 < len(expected) < 4
    referee = watch(model, x, eps=EPS)
    referee(torch.cat((images(3, seed=9), other.flip(0), x)))
    assert {fell.image - 10 for fell in falls(referee)} == expected
    assert referee.standing == {0, 1, 2, 3} - expected
    after = classes(model, referee.adversarial)
    assert {fell.image - 10: fell.into for fell in falls(referee)} == {i: int(after[i]) for i in expected}
    untouched = sorted(referee.standing)
    assert torch.equal(referee.adversarial[untouched], x[untouched])


def test_a_model_that_lies_to_attacks_fools_nobody() -> None:
    model = LiesToAttacks()
    referee = watch(model, images(2), eps=EPS)
    assert (referee(images(2).requires_grad_()).argmax(1) != referee.y).all()
    assert not falls(referee)


def test_whether_a_fall_survives_rounding_is_judged(two) -> None:
    model, distance = two
    steps = distance * 255
    for factor in (1.001, 3.0):
        referee = watch(model, grey(), eps=4 * distance)
        referee(across(model, factor * distance))
        rounded = (across(model, factor * distance) * 255).round() / 255
        assert falls(referee)[0].survives_png == bool((classes(model, rounded) != 0).all()), steps


def test_what_is_returned_is_looked_at_without_a_pass(two) -> None:
    model, distance = two
    referee = watch(model, grey(), eps=1.2 * distance)
    referee.examine(across(model, 1.1 * distance))
    assert (falls(referee)[0].n_forward, referee.passes.forward) == (0, 0)


def test_time_counts_work_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            time.sleep(0.01)
            return torch.stack((x.sum((1, 2, 3)), -x.sum((1, 2, 3))), dim=1)

    monkeypatch.setattr(module, "TURN", 0.0)
    referee = watch(Slow(), images(2), eps=EPS)
    referee.pause = lambda: time.sleep(0.2)
    referee.clock.start()
    for _ in range(3):
        referee(1 - images(2))
    referee.clock.stop()
    assert 0.03 <= referee.clock.seconds < 0.2
    seconds = [event.seconds for event in referee.news if isinstance(event, Progress)]
    assert len(seconds) == 3
    assert seconds == sorted(seconds)


def test_it_pauses_at_a_stage_and_then_now_and_then() -> None:
    model, x = smooth_cnn(), images(1)
    referee, pauses = watch(model, x, eps=EPS), []
    referee.pause = lambda: pauses.append(referee.stage)
    referee.clock.start()
    for stage in ("apgd-ce", "square"):
        referee.begin(stage, 5)
        for _ in range(5):
            referee(x)
    assert pauses.count("apgd-ce") >= 1
    assert pauses[-1] == "square"
    assert len(pauses) < 10, "not ahead of every one of these fast passes"
    first = next(event for event in referee.news if event.stage == "square")
    assert (first.calls, first.most, first.n_forward, first.robust) == (0, 5, 5, 1)


def test_an_error_in_the_pause_ends_the_pass() -> None:
    model, x = smooth_cnn(), images(1)
    referee = watch(model, x, eps=EPS)

    def refuse() -> None:
        raise KeyError("enough")

    referee.pause = refuse
    with pytest.raises(KeyError):
        referee(x)
    assert referee.passes.forward == 0
