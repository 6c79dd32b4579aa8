"""Budgets as conversations, and what the frugal one may and may not change."""

import pytest
import torch

from malt_core import AttackConfig, malt
from malt_core.attacks.malt import budget
from malt_core.attacks.malt.budget import CLOSE, FINISH, HOPEFUL, PRESSED, PROBE_STEPS
from malt_core.trust.soundness import BACKWARD
from tests.helpers.analytic import Counted, Linear, classes, grey, images, smooth_cnn
from tests.helpers.attacks import EPS, check_verdicts

TARGETS = list(range(20, 29))


def talk(rounds, answers):
    """The rounds that a budget asks for when its image answers so."""
    asked = []
    try:
        asked.append(next(rounds))
        for left in answers:
            asked.append(rounds.send(left))
    except StopIteration:
        return asked
    raise AssertionError("the budget goes on for ever")


def test_published_is_every_target_in_order_with_all_steps():
    assert talk(budget.published(TARGETS, 100), [0.9, 0.9]) == [[(t, 100) for t in TARGETS]]


def test_probe_is_one_short_try():
    assert talk(budget.probe(TARGETS, 100), [0.5]) == [[(20, PROBE_STEPS)]]
    assert talk(budget.probe(TARGETS, 4), [0.5]) == [[(20, 4)]]


def test_press_is_a_short_try_of_the_others_within_reach():
    assert talk(budget.press(TARGETS, 100, HOPEFUL), [0.5]) == [[(t, PROBE_STEPS) for t in TARGETS[1:]]]
    assert talk(budget.press(TARGETS[:3], 100, HOPEFUL), [0.5]) == [[(21, PROBE_STEPS), (22, PROBE_STEPS)]]
    assert talk(budget.press(TARGETS[:1], 100, HOPEFUL), []) == []
    assert len(talk(budget.press([*TARGETS, 30, 31], 100, HOPEFUL), [0.5])[0]) == PRESSED


def test_frugal_goes_on_for_as_long_as_the_image_is_close():
    probe, press = [(20, PROBE_STEPS)], [(21, PROBE_STEPS)]
    finish = [[(t, steps) for t in TARGETS[:count]] for count, steps in FINISH]
    assert talk(budget.frugal(TARGETS, 100, near=2), [HOPEFUL + 0.01]) == [probe]
    assert talk(budget.frugal(TARGETS, 100, near=2), [HOPEFUL, CLOSE + 0.01]) == [probe, press]
    closest = talk(budget.frugal(TARGETS, 100, near=2), [HOPEFUL, CLOSE, CLOSE, CLOSE])
    assert closest == [probe, press, *finish]
    assert talk(budget.frugal(TARGETS, 100, near=1), [CLOSE, CLOSE, CLOSE]) == [probe, *finish]
    assert len(FINISH) + 2 == budget.most_rounds(AttackConfig())


def test_no_try_has_more_steps_than_there_are():
    asked = talk(budget.frugal(TARGETS, 10, near=9), [0.01, 0.01, 0.01, 0.01])
    assert {steps for tries in asked for _, steps in tries} == {10}


@pytest.mark.slow
def test_with_a_single_target_what_the_published_budget_fools_falls_too():
    """Two classes, or n_targets=1: the probe has tried the only target already."""
    x = images(200)
    for model, settings in ((smooth_cnn(2), {}), (smooth_cnn(), {"n_targets": 1})):
        how = {"eps": 2.5 / 255, "precision": "float32", **settings}
        frugal, published = malt(model, x, **how), malt(model, x, **how, faithful=True)
        assert torch.equal(frugal.success, published.success)
        assert 10 < published.success.sum() < 190
        assert frugal.backward_of[~frugal.success].float().mean() < 5


@pytest.mark.slow
def test_frugal_fools_what_the_published_budget_fools_at_a_fraction_of_the_cost():
    model, x = smooth_cnn(), images(60)
    for norm in ("linf", "l2"):
        costs = {}
        fooled = {}
        for faithful in (True, False):
            counted = Counted(model)
            result = malt(counted, x, norm=norm, eps=EPS[norm], precision="float32", faithful=faithful)
            check_verdicts(model, x, classes(model, x), result, norm, EPS[norm])
            costs[faithful], fooled[faithful] = counted.backwards, result.success
        assert 10 < fooled[True].sum() < 50
        assert torch.equal(fooled[True], fooled[False])
        assert costs[False] < costs[True] / 4


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_on_a_linear_model_one_step_tells_all(norm):
    """The first step goes to the best point there is, and its gradient says so: a second is for certainty."""
    model = Linear(12)
    for factor, fooled, steps in ((0.2, False, 1), (0.5, False, 2), (0.8, False, 2), (1.05, True, 1)):
        counted = Counted(model)
        eps = factor * min(model.distances(norm))
        result = malt(counted, grey(), norm=norm, eps=eps, n_candidates=2, precision="float32")
        assert bool(result.success) is fooled
        assert counted.backwards - BACKWARD == int(result.backward_of)
        assert int(result.backward_of) == 2 + steps  # of two candidates the second is the nearest
