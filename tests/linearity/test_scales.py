"""The margin at several scales, on functions whose curvature and kinks are known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig
from malt_core.linearity.scales import INTERVALS, scales
from malt_core.linearity.types import Scale
from malt_core.types import Norm
from tests.helpers import analytic

EPS = 8 / 255
PIXELS = analytic.grey()[0].numel()


def measured(model: nn.Module, x_adv: Tensor, reaches: list[float], **how: object) -> list[Scale]:
    how = {"eps": EPS, "norm": "linf", **how}
    return [*scales(model, analytic.grey()[0], x_adv, 0, 1, reaches=reaches, **how)]


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_linear_margin_is_straight_at_every_scale(norm: Norm) -> None:
    x_adv = analytic.grey()[0] + EPS * (analytic.images(1)[0] - 0.5).sign()
    for scale in measured(analytic.Linear(4), x_adv, [0.01, 1.0, 3.0], norm=norm):
        assert scale.deviation == pytest.approx(0, abs=2e-3)
        assert scale.curvature <= scale.rounding
        assert scale.true[-1] == pytest.approx(scale.linear[-1], abs=1e-5)
        assert (scale.switches, scale.clipped) == (None, 0)
        assert (len(scale.s), scale.s[0], scale.s[-1]) == (INTERVALS + 1, 0, scale.reach)


def test_a_quadratic_margin_has_its_curvature_at_every_scale() -> None:
    a, b = 0.5, 0.01
    x_adv = analytic.grey()[0] + EPS
    for scale in measured(analytic.Quadratic(9.0, a, b), x_adv, [0.3, 1.0, 3.0]):
        # Along the way m'' = -2 b N² for N colour values, and the gradient's L1 norm at the start is a N.
        assert scale.curvature == pytest.approx(2 * b * PIXELS / a / 255, rel=1e-2)
        way = scale.reach * EPS * PIXELS
        assert scale.deviation == pytest.approx(b * way / a, rel=1e-3)


def test_the_direction_counts_not_its_length() -> None:
    model = analytic.smooth_cnn()
    change = 0.01 * (analytic.images(1)[0] - 0.5).sign()
    short, long = (
        measured(model, analytic.grey()[0] + factor * change, [1.0])[0].true for factor in (1.0, 3.0)
    )
    assert short == pytest.approx(long, abs=1e-4)


def test_clipped_colour_values_are_counted_and_predicted_as_they_are() -> None:
    x_adv = analytic.grey()[0] + EPS * torch.ones(analytic.SHAPE)
    (scale,) = measured(analytic.Linear(4), x_adv, [30.0])
    assert scale.clipped == 1
    assert scale.deviation == pytest.approx(0, abs=1e-4)


class Kinks(nn.Module):
    """m(x) = 5 - s - sum of relu(s - k) over the given k, with s the mean of x - grey in steps of EPS."""

    def __init__(self, kinks: list[float], relu: nn.Module) -> None:
        super().__init__()
        self.register_buffer("kinks", torch.tensor(kinks))
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        s = (x - analytic.grey().to(x)).flatten(1).mean(1, keepdim=True) / EPS
        margin = 5 - s[:, 0] - self.relu(s - self.kinks).sum(1)
        return torch.stack((margin, torch.zeros_like(margin)), dim=1)


@pytest.mark.parametrize(("reach", "crossed"), [(0.1, 0), (1.0, 2), (3.0, 4)])
def test_the_kinks_of_a_relu_network_are_counted(reach: float, crossed: int) -> None:
    model = Kinks([0.31, 0.77, 1.4, 2.2, 7.0], nn.ReLU())
    (scale,) = measured(model, analytic.grey()[0] + EPS, [reach])
    assert scale.switches == crossed
    assert (scale.deviation > 0.01) == (crossed > 0)


def test_relu6_has_two_kinks() -> None:
    (scale,) = measured(Kinks([0.5], nn.ReLU6()), analytic.grey()[0] + EPS, [10.0])
    assert scale.switches == 2


def test_a_smooth_network_has_no_pieces_to_count() -> None:
    (scale,) = measured(analytic.smooth_cnn(), analytic.grey()[0] + EPS, [1.0])
    assert scale.switches is None
    assert scale.curvature > 0


def test_without_a_gradient_nothing_is_foretold() -> None:
    (scale,) = measured(analytic.Constant([2.0, 1.0]), analytic.grey()[0] + EPS, [1.0])
    assert (scale.deviation, scale.curvature, scale.rounding) == (None, None, None)


def test_a_way_of_no_length_is_refused() -> None:
    with pytest.raises(BadConfig, match="no way"):
        measured(analytic.Linear(4), analytic.grey()[0], [1.0])


def test_everything_is_a_number() -> None:
    for scale in measured(analytic.smooth_cnn(), analytic.images(1)[0], [1.0, 30.0]):
        assert all(math.isfinite(v) for v in (*scale.true, *scale.linear, scale.deviation, scale.curvature))
