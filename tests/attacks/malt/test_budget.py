"""Budgets as conversations, and what the frugal one may and may not change."""

import pytest
import torch

from malt_core import malt
from malt_core.attacks.malt import budget
from malt_core.attacks.malt.budget import HOPEFUL, PRESS, PROBE_STEPS
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


def test_press_goes_on_for_as_long_as_the_image_comes_closer():
    hopeless = talk(budget.press(TARGETS, 100, tried=20, left=HOPEFUL), [HOPEFUL])
    assert hopeless == [[(21, 10), (22, 10), (23, 10)]]  # the probe has tried the first already
    closer = talk(budget.press(TARGETS, 100, tried=20, left=HOPEFUL), [PRESS[1][0], PRESS[1][0]])
    assert closer == [*hopeless, [(20, 30), (21, 30), (22, 30)]]
    closest = talk(budget.press(TARGETS, 100, tried=20, left=HOPEFUL), [0.1, 0.01, 0.01, 0.01])
    assert closest == [*closer, [(t, 100) for t in TARGETS[:3]], [(t, 100) for t in TARGETS[3:]]]


def test_press_of_a_single_target_begins_with_what_the_probe_left():
    (target, *_) = TARGETS
    press = budget.press([target], 100, tried=target, left=PRESS[1][0] + 0.01)
    assert talk(press, []) == []
    press = budget.press([target], 100, tried=target, left=PRESS[1][0])
    assert talk(press, [0.01, 0.01]) == [[(target, 30)], [(target, 100)]]


@pytest.mark.slow
def test_with_a_single_target_an_image_that_came_close_gets_all_steps():
    """Two classes, or n_targets=1: the probe has tried the only target already."""
    x = images(200)
    for model, settings in ((smooth_cnn(2), {}), (smooth_cnn(), {"n_targets": 1})):
        how = {"eps": 2.5 / 255, "precision": "float32", **settings}
        frugal, published = malt(model, x, **how), malt(model, x, **how, faithful=True)
        assert torch.equal(frugal.success, published.success)
        spent = frugal.backward_of[~frugal.success]
        assert spent.max() > 30 + 100 > spent.min()


def test_press_repeats_no_run_where_the_steps_are_few():
    asked = talk(budget.press(TARGETS, 10, tried=20, left=HOPEFUL), [0.01, 0.01, 0.01])
    runs = [run for tries in asked for run in tries]
    assert len(runs) == len(set(runs))
    assert {steps for _, steps in runs} == {10}
    assert (20, 10) not in runs


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


def test_a_linear_model_is_given_up_after_the_probe():
    model = Linear(12)
    eps = 0.5 * min(model.distances("linf"))
    counted = Counted(model)
    result = malt(counted, grey(), eps=eps, precision="float32")
    assert not result.success.any()
    assert counted.backwards - BACKWARD == budget.PROBE_CANDIDATES + 1 + PROBE_STEPS
    assert result.backward_of.tolist() == [counted.backwards - BACKWARD]
