"""The order of attack: exact on a linear model, AutoAttack's where naive, useless candidates last."""

import math

import pytest
import torch

from malt_core.attacks.malt import targeting
from malt_core.numerics.gradients import Passes, logits
from tests.helpers.analytic import Constant, Linear, grey, images, smooth_cnn, spike

NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])


def ranked(model, x, norm, how="malt", n=100):
    """The ranking of the one image x (1, C, H, W) under the model's own label."""
    z = logits(model, x, Passes())
    y = z.argmax(1)
    candidates = targeting.confident_classes(z, y, n)
    sizes = torch.cat(list(targeting.gradient_norms(model, x, y, candidates, norm, Passes())))
    return targeting.rank(z[0], int(y), candidates[0], sizes, how)


@NORMS
@pytest.mark.parametrize("seed", range(4))
def test_on_a_linear_model_the_order_is_that_of_the_true_distances(norm, seed):
    model = Linear(12, seed=seed)
    distances = model.distances(norm)
    targets = ranked(model, grey(), norm)
    assert [t.index for t in targets] == sorted(range(1, 12), key=lambda i: distances[i - 1])
    for t in targets:
        assert t.predicted_distance == pytest.approx(distances[t.index - 1], rel=1e-5)
        assert t.confidence_rank == t.index  # the logits at grey fall with the index
    assert [t.rank for t in targets] == list(range(1, 12))


def test_the_linear_model_tells_the_two_targetings_apart():
    model = Linear(12)
    by_score, by_logit = (ranked(model, grey(), "linf", how) for how in ("malt", "naive"))
    assert [t.index for t in by_logit] == list(range(1, 12))
    assert [t.index for t in by_score] != list(range(1, 12))
    assert {t.index: t.predicted_distance for t in by_score} == {
        t.index: t.predicted_distance for t in by_logit
    }


def test_naive_order_is_autoattacks():
    with torch.no_grad():
        z = smooth_cnn()(images(30))
    ours = targeting.confident_classes(z, z.argmax(1), 9)
    # APGDAttack_targeted.perturb: output.sort(dim=1)[1][:, -target_class] for 2, 3, ...
    theirs = torch.stack([z.sort(dim=1)[1][:, -c] for c in range(2, 11)], dim=1)
    assert torch.equal(ours, theirs)


def test_candidates_never_hold_the_label_even_if_it_is_not_the_top_class():
    z = torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    y = torch.arange(50) % 6
    candidates = targeting.confident_classes(z, y, 3)
    assert candidates.shape == (50, 3)
    assert not (candidates == y[:, None]).any()
    everything = targeting.confident_classes(z, y, 100)
    assert everything.shape == (50, 5)
    assert (z.gather(1, everything).diff(dim=1) <= 0).all()
    assert torch.equal(everything[:, :3], candidates)


def test_score_of_vanishing_and_broken_gradients_is_infinite():
    norms_of = torch.tensor([2.0, 0.0, 0.0, torch.nan, torch.inf, 1e-30])
    s = targeting.scores(torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0, 0.0]), norms_of)
    assert s.tolist() == [0.5, math.inf, math.inf, math.inf, math.inf, 0.0]


def test_a_candidate_with_zero_or_nan_gradient_comes_last_however_confident():
    linear = Linear(6)

    def model(x):
        z = linear(x)
        flat = z[:, :1] - 0.01  # always just below the label: margin 0.01, gradient 0
        return torch.cat((z, flat, z[:, :1] - 0.02 + spike(x)), dim=1)

    targets = ranked(model, grey(), "linf")
    assert [t.index for t in ranked(model, grey(), "linf", "naive")][:2] == [6, 7]
    assert [t.index for t in targets][-2:] == [6, 7]
    assert [t.predicted_distance for t in targets][-2:] == [math.inf, math.inf]
    assert all(math.isfinite(t.predicted_distance) for t in targets[:-2])


def test_a_constant_model_is_ranked_by_confidence():
    targets = ranked(Constant([1.0, 5.0, 3.0, 2.0]), images(1), "l2")
    assert [t.index for t in targets] == [2, 3, 0]
    assert all(t.predicted_distance == math.inf for t in targets)
    assert [t.margin for t in targets] == [2.0, 3.0, 4.0]


@NORMS
def test_sorting_a_batch_agrees_with_ranking_its_images_one_by_one(norm):
    model, x = smooth_cnn(), images(8)
    with torch.no_grad():
        z = model(x)
    y = z.argmax(1)
    candidates = targeting.confident_classes(z, y, 7)
    sizes = torch.stack(list(targeting.gradient_norms(model, x, y, candidates, norm, Passes())), dim=1)
    score = targeting.scores(z.gather(1, y[:, None]) - z.gather(1, candidates), sizes)
    order = targeting.order_by_score(candidates, score)
    for i in range(8):
        assert [t.index for t in ranked(model, x[i : i + 1], norm, n=7)] == order[i].tolist()
    assert not torch.equal(order, candidates)


def test_a_tie_stays_in_order_of_confidence():
    candidates = torch.tensor([[4, 2, 7]])
    assert targeting.order_by_score(candidates, torch.tensor([[1.0, 1.0, 0.5]])).tolist() == [[7, 4, 2]]
