"""The order of attack with few gradients against the order with all of them."""

import pytest
import torch

from malt_core import AttackConfig
from malt_core.attacks.malt.candidates import FEW, CandidateScores
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Passes
from tests.helpers.analytic import Linear, classes, grey, images, smooth_cnn


def ranking(model, x, *, eps=0.05, passes=None, **settings) -> CandidateScores:
    config = AttackConfig(eps=eps, **settings)
    passes = Passes() if passes is None else passes
    with torch.no_grad():
        z = model(x)
    return CandidateScores(model, x, z.argmax(1), z, config, batch_size=4, bfloat16=False, passes=passes)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_all_candidates_scored_gives_the_order_by_distance(norm):
    model = Linear(12)
    found = ranking(model, grey(), norm=norm)
    found.extend(torch.tensor([0]), 100)
    distances = model.distances(norm)
    assert found.order(0) == [1 + i for i in sorted(range(11), key=distances.__getitem__)]
    torch.testing.assert_close(found.score[0].sort().values, torch.tensor(sorted(distances)))


def test_scoring_in_parts_is_scoring_at_once():
    model, x, everyone = smooth_cnn(30), images(10), torch.arange(10)
    at_once, in_parts = ranking(model, x), ranking(model, x)
    at_once.extend(everyone, 29)
    for upto in (3, 3, 11, 29):
        in_parts.extend(everyone, upto)
    torch.testing.assert_close(in_parts.score, at_once.score)
    assert in_parts.forward_of.tolist() == [3] * 10
    assert in_parts.backward_of.tolist() == [29] * 10


def test_cost_is_what_went_through_the_model():
    passes = Passes()
    found = ranking(smooth_cnn(40), images(10), passes=passes, n_targets=3)
    found.extend(torch.arange(10), 5)
    found.extend_while_near(torch.arange(0, 10, 2))
    assert (passes.forward, passes.backward) == (int(found.forward_of.sum()), int(found.backward_of.sum()))
    assert found.backward_of[1::2].tolist() == [5] * 5


def test_what_is_near_is_found_and_what_is_far_costs_nothing():
    model, x, everyone = smooth_cnn(60), images(12), torch.arange(12)
    full, lazy = ranking(model, x, n_targets=4), ranking(model, x, n_targets=4)
    full.extend(everyone, 100)
    lazy.extend(everyone, 8)
    lazy.extend_while_near(everyone)
    assert [lazy.order(i)[0] for i in range(12)] == [full.order(i)[0] for i in range(12)]
    assert lazy.backward_of.sum() < full.backward_of.sum()
    near = ranking(model, x, n_targets=4, eps=1e-6)  # nothing is within twice this
    near.extend(everyone, 8)
    near.extend_while_near(everyone)
    assert near.backward_of.tolist() == [8] * 12


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_nearest_is_found_with_few_gradients_and_its_own_is_kept(norm):
    model, x, everyone = smooth_cnn(60), images(12), torch.arange(12)
    full = ranking(model, x, norm=norm)
    full.extend(everyone, 100)
    lazy = ranking(model, x, norm=norm, eps=float(full.score.amin(1).amax()))
    lazy.find_nearest(everyone)
    same = [lazy.order(i)[0] == full.order(i)[0] for i in range(12)]
    assert sum(same) >= 11  # gradient norms are only taken to differ by LONGEST_NORM
    assert (lazy.score.amin(1) < 1.1 * full.score.amin(1)).all()
    assert lazy.backward_of.sum() < full.backward_of.sum() / 4
    assert sorted(lazy.gradient_of) == everyone.tolist()
    nearest = torch.tensor([lazy.order(i)[0] for i in range(12)])
    _, exact = gradients.margin_and_gradient(model, x, full.y, nearest, Passes())
    for i, gradient in lazy.gradient_of.items():
        torch.testing.assert_close(gradient, exact[i])


def test_where_any_class_will_do_the_likeliest_are_enough():
    lazy = ranking(smooth_cnn(60), images(12), eps=1.0)
    lazy.find_nearest(torch.arange(12))
    assert lazy.backward_of.tolist() == [FEW] * 12


def test_naive_targeting_needs_no_gradient():
    passes = Passes()
    model, x = smooth_cnn(), images(3)
    found = ranking(model, x, passes=passes, targeting="naive")
    found.extend(torch.arange(3), 100)
    found.find_nearest(torch.arange(3))
    found.extend_while_near(torch.arange(3))
    assert passes == Passes()
    assert found.near(0) == 11
    with torch.no_grad():
        order = model(x).argsort(1, descending=True)
    assert order[:, 0].tolist() == classes(model, x).tolist()
    assert [found.order(i) for i in range(3)] == order[:, 1:].tolist()
