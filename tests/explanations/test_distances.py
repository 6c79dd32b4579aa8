"""True distances of classes, on models where they are known in closed form."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

import malt_core
from malt_core.errors import BadConfig, BadImage
from malt_core.explanations.distances import boundary_distances, each_boundary_distance
from malt_core.numerics.norms import size
from malt_core.types import Norm
from tests.helpers.analytic import Constant, Linear, Quadratic, assert_inside, grey, images, smooth_cnn

FAR = {"linf": 1.0, "l2": 20.0}


def exact(model: Linear, x: Tensor, target: int, norm: Norm) -> float:
    """Distance of x (1, C, H, W) to the boundary within [0, 1], in float64, by bisection on the best move.

    The best point of a ball cut off at [0, 1] is clip(x - s v) with v the gradient, or its sign.
    """
    w = model.weight.detach().double()
    gradient = (w[0] - w[target]).view(x.shape)
    move = gradient.sign() if norm == "linf" else gradient
    double = x.double()

    def margin(s: float) -> float:
        z = ((double - s * move).clamp(0, 1) - grey().double()).flatten(1) @ w.T
        z = z + model.bias.detach().double()
        return float(z[0, 0] - z[0, target])

    low, high = 0.0, 1.0
    while margin(high) > 0:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if margin(middle) <= 0 else (middle, high)
    return float(size((double - high * move).clamp(0, 1) - double, norm))


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_linear_model_is_predicted_and_reached_exactly(norm: Norm) -> None:
    model = Linear(8)
    targets = [5, 1, 7, 2]
    found = boundary_distances(model, grey()[0], 0, targets, norm=norm, eps_max=FAR[norm])
    assert [one.target for one in found] == targets
    for one in found:
        true = model.distances(norm)[one.target - 1]
        assert one.predicted == pytest.approx(true, rel=1e-4)
        assert true * (1 - 1e-4) <= one.reached <= true * 1.02
        z = model(one.adversarial[None])[0]
        assert z[one.target] >= z[0]
        assert one.wins == (int(z.argmax()) == one.target)
        assert one.adversarial.shape == grey()[0].shape
        assert_inside(one.adversarial[None], grey(), norm, one.reached)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_edge_of_the_range_of_colours_is_kept(norm: Norm) -> None:
    model, x = Linear(6), images(1, seed=3)
    model.bias.data[0] += 40  # so far that a fifth of the colours end at black or white on the way
    label = int(model(x).argmax())
    assert label == 0
    for one in boundary_distances(model, x[0], 0, [1, 3], norm=norm, eps_max=FAR[norm]):
        true = exact(model, x, one.target, norm)
        assert true > 1.02 * one.predicted, "the line does not know of the edge"
        assert true * (1 - 1e-4) <= one.reached <= true * 1.02
        assert_inside(one.adversarial[None], x, norm, one.reached)


def test_a_curve_is_reached_before_or_after_the_line() -> None:
    """m = c - a s - b s²: with s = n r for a change of r everywhere, its root is known."""
    n = grey().numel()
    for b in (0.02, -0.0004):
        c, a = 5.0, 0.25
        root = (-a + math.sqrt(a * a + 4 * b * c)) / (2 * b) / n
        (one,) = boundary_distances(Quadratic(c, a, b), grey()[0], 0, [1], norm="linf", eps_max=0.5)
        assert one.predicted == pytest.approx(c / a / n, rel=1e-4)
        assert root * (1 - 1e-3) <= one.reached <= root * 1.02


def test_what_is_never_reached_is_infinite() -> None:
    model = Linear(4)
    near = model.distances("linf")[1] / 2
    (one,) = boundary_distances(model, grey()[0], 0, [2], norm="linf", eps_max=near)
    assert math.isinf(one.reached)
    assert one.adversarial is None
    assert not one.wins
    assert one.steps > 0
    (flat,) = boundary_distances(Constant([2.0, 1.0, 0.0]), grey()[0], 0, [1], norm="l2", eps_max=1.0)
    assert math.isinf(flat.predicted)
    assert math.isinf(flat.reached)


def test_a_class_that_leads_already_is_at_no_distance() -> None:
    (one,) = boundary_distances(Constant([1.0, 2.0, 0.0]), grey()[0], 0, [1], norm="linf", eps_max=0.1)
    assert one.reached == 0
    assert one.steps == 0
    assert torch.equal(one.adversarial, grey()[0])


def test_records_come_one_by_one_and_the_same_each_time() -> None:
    model, x = smooth_cnn(), images(1)[0]
    y = int(model(x[None]).argmax())
    targets = [t for t in range(3) if t != y]
    how = {"norm": "linf", "eps_max": 0.5, "seed": 3}
    counted = each_boundary_distance(model, x, y, targets, **how)
    first = next(counted)
    assert first.target == targets[0]
    counted.close()
    again = malt_core.boundary_distances(model, x, y, targets, **how)
    assert again[0].reached == first.reached
    assert [one.target for one in again] == targets
    assert model.training, "the network is left as it was"


def test_mistakes_are_told() -> None:
    model, x = Linear(4), grey()[0]
    for y, targets, how in (
        (0, [0], {}),
        (0, [9], {}),
        (-1, [1], {}),
        (0, [1], {"norm": "l1"}),
        (0, [1], {"eps_max": 0.0}),
        (0, [1], {"seed": -1}),
    ):
        with pytest.raises(BadConfig):
            boundary_distances(model, x, y, targets, **{"norm": "linf", "eps_max": 0.1, **how})
    with pytest.raises(BadImage):
        boundary_distances(model, x[None], 0, [1], norm="linf", eps_max=0.1)
