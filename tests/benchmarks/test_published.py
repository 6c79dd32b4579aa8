"""The slow reference: its order of targets, what it costs, and that it agrees with ours."""

import pytest
import torch

from benchmarks.published import candidates, published, scores, targets
from malt_core import malt
from malt_core.attacks.malt import targeting
from malt_core.harness.counting import CountingModel
from malt_core.numerics.gradients import Passes
from tests.helpers.analytic import Linear, assert_inside, classes, grey, images, smooth_cnn
from tests.helpers.attacks import EPS

NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])


def right_images(model, n):
    x = images(n)
    return x, classes(model, x)


@NORMS
def test_the_score_is_the_distance_to_a_linear_boundary(norm):
    model, x, y = Linear(12), grey(), torch.zeros(1, dtype=torch.long)
    every = torch.arange(1, 12)[None]
    expected = torch.tensor(model.distances(norm))
    found = scores(model, x, y, every, norm, batch_size=4)[0]
    torch.testing.assert_close(found.double(), expected.double(), rtol=1e-4, atol=0)
    order = targets(model, x, y, norm=norm, c=100, a=9, batch_size=4)[0]
    assert order.tolist() == [1 + int(i) for i in expected.argsort()[:9]]
    assert order.tolist() != list(range(1, 10))  # which is the order of confidence


def test_only_the_most_confident_classes_are_candidates():
    z = torch.tensor([[5.0, 1.0, 4.0, 3.0, 2.0], [0.0, 9.0, 1.0, 2.0, 3.0]])
    assert candidates(z, torch.tensor([0, 4]), 3).tolist() == [[2, 3, 4], [1, 3, 2]]
    assert candidates(z, torch.tensor([0, 4]), 100).shape == (2, 4)


@NORMS
@pytest.mark.parametrize("c", [4, 100])
def test_targets_come_in_the_order_of_malt_core(norm, c):
    model = smooth_cnn()
    x, y = right_images(model, 16)
    with torch.no_grad():
        z = model(x)
    known = targeting.confident_classes(z, y, c)
    sizes = torch.stack(list(targeting.gradient_norms(model, x, y, known, norm, Passes())), dim=1)
    margins = z.gather(1, y[:, None]) - z.gather(1, known)
    expected = targeting.order_by_score(known, targeting.scores(margins, sizes))[:, :9]
    assert torch.equal(targets(model, x, y, norm=norm, c=c, a=9, batch_size=7), expected)
    assert not torch.equal(expected, known[:, :9])


def test_a_class_whose_margin_has_no_gradient_comes_last():
    model = Linear(6)
    model.weight.data[3] = model.weight.data[0]
    order = targets(model, grey(), torch.zeros(1, dtype=torch.long), norm="linf", c=100, a=5)
    assert order[0, -1] == 3


@NORMS
def test_it_fools_the_images_that_our_faithful_mode_fools(norm):
    model = smooth_cnn()
    x, y = right_images(model, 24)
    common = {"norm": norm, "eps": EPS[norm], "n_targets": 3, "n_iter": 30}
    found = published(model, x, y, **common, batch_size=10)
    assert_inside(found, x, norm, EPS[norm])
    fooled = classes(model, found) != y
    ours = malt(model, x, y, **common, faithful=True, precision="float32").success
    assert torch.equal(fooled, ours)
    assert fooled.any()
    assert not fooled.all()
    assert torch.equal(found[~fooled], x[~fooled])


def test_every_candidate_costs_a_forward_pass_and_every_run_goes_to_its_end():
    model, passes = smooth_cnn(), Passes()
    x, y = right_images(model, 5)
    withstood = published(CountingModel(model, passes), x, y, eps=1e-6, n_targets=2, n_iter=10)
    assert torch.equal(withstood, x)
    assert passes.backward == 5 * 11 + 5 * 2 * (1 + 10)
    assert passes.forward == 5 + passes.backward  # 5 for the logits

    passes = Passes()
    fell = published(CountingModel(model, passes), x, y, eps=0.5, n_targets=2, n_iter=10)
    assert (classes(model, fell) != y).all()
    assert passes.backward == 5 * 11 + 5 * (1 + 10)


def test_the_seed_decides_and_the_global_random_state_is_put_back():
    model = smooth_cnn()
    x, y = right_images(model, 6)
    common = {"eps": EPS["linf"], "n_iter": 5}
    first = published(model, x, y, **common)
    torch.manual_seed(123)
    before = torch.get_rng_state()
    assert torch.equal(published(model, x, y, **common), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(published(model, x, y, **common, seed=1), first)
