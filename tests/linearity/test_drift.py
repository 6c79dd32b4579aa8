"""The drift of the margin's gradient, and the alignment of gradients, where both are known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from malt_core.linearity.drift import STEPS, drift, gradient_alignment, random_points
from malt_core.types import Norm
from tests.helpers import analytic

EPS = 4 / 255
GREY = analytic.grey()[0]


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_linear_margin_does_not_drift(norm: Norm) -> None:
    points = [*drift(analytic.Linear(4), GREY, 0, 1, eps=EPS, norm=norm)]
    assert [p.length for p in points] == pytest.approx([k / STEPS for k in range(1, STEPS + 1)], rel=1e-3)
    for point in points:
        assert (point.drift, point.random_drift) == pytest.approx((0, 0), abs=1e-5)
        assert (point.cosine, point.random_cosine) == pytest.approx((1, 1))


def test_a_quadratic_margin_drifts_in_proportion_to_the_way_and_hardly_at_random() -> None:
    a, b = 0.5, 0.01
    points = [*drift(analytic.Quadratic(9.0, a, b), GREY, 0, 1, eps=EPS)]
    for point in points:
        # grad m = -(a + 2 b s) for each colour value, and an adversarial step makes s grow.
        assert point.drift == pytest.approx(2 * b * point.length * EPS * GREY.numel() / a, rel=1e-3)
        assert point.cosine == pytest.approx(1)
        assert point.random_drift < 0.3 * point.drift


def test_a_gradient_of_zero_drifts_without_measure() -> None:
    (*_, last) = drift(analytic.Constant([2.0, 1.0]), GREY, 0, 1, eps=EPS)
    assert (last.drift, last.cosine) == (0, 0)


def test_random_points_have_their_length_and_stay_in_range() -> None:
    x = analytic.images(1)[0]
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([0.1, 0.5])
    points = random_points(x, direction / direction.norm(), lengths)
    assert (points - x).flatten(1).norm(dim=1).tolist() == pytest.approx(lengths.tolist(), rel=1e-3)
    assert (points.min() >= 0) & (points.max() <= 1)


class Ripples(nn.Module):
    """A margin that hardly changes over EPS, with a gradient that has turned many times by then."""

    def forward(self, x: Tensor) -> Tensor:
        margin = 5 + 1e-3 * torch.sin(9 * x / EPS).flatten(1).sum(1)
        return torch.stack((margin, torch.zeros_like(margin)), dim=1)


def test_gradients_of_a_linear_network_are_aligned_and_those_of_ripples_are_not() -> None:
    # With two classes the cross-entropy's gradient is the margin's but for its length.
    assert gradient_alignment(analytic.Linear(2), GREY, 0, eps=EPS) == pytest.approx(1)
    assert abs(gradient_alignment(Ripples(), GREY, 0, eps=EPS)) < 0.3


def test_the_same_seed_gives_the_same_numbers() -> None:
    model, x = analytic.smooth_cnn(), analytic.images(1)[0]
    first, again, other = ([*drift(model, x, 0, 1, eps=EPS, seed=seed)] for seed in (0, 0, 1))
    assert first == again != other
    assert first[-1].drift == other[-1].drift, "no random number in the adversarial steps"
    alignment = gradient_alignment(model, x, 0, eps=EPS, seed=3)
    assert alignment == gradient_alignment(model, x, 0, eps=EPS, seed=3)
    assert math.isfinite(alignment)
