"""What counts: finite, in [0, 1], inside the ball, with the slack of float32 and no more."""

from __future__ import annotations

import pytest
import torch

from malt_core.harness.verdict import inside, inside_each, what_counts
from malt_core.types import Norm
from tests.helpers.analytic import grey, images

EPS: dict[Norm, float] = {"linf": 8 / 255, "l2": 0.5}


def moved(norm: Norm, share: float) -> torch.Tensor:
    """Grey, moved by that share of the radius."""
    step = torch.ones_like(grey())
    return grey() + share * EPS[norm] * (step if norm == "linf" else step / step.norm())


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize(("share", "counts"), [(0.5, True), (1.0, True), (1.0001, False), (2.0, False)])
def test_the_edge_of_the_ball(norm: Norm, share: float, counts: bool) -> None:
    point = moved(norm, share)
    assert inside(point, grey(), norm, EPS[norm]).tolist() == [counts]
    assert inside_each(point, grey(), norm, EPS[norm]).tolist() == [[counts]]
    assert torch.equal(what_counts(point, grey(), norm, EPS[norm]), point if counts else grey())


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -1e-3, 1 + 1e-3])
def test_what_is_no_image_does_not_count(value: float) -> None:
    x = images(2)
    x[:, 0, 0, 0] = 0.0 if value < 0.5 else 1.0
    broken = x.clone()
    broken[1, 0, 0, 0] = value
    assert inside(broken, x, "linf", 0.1).tolist() == [True, False]
    assert inside_each(broken, x, "l2", 0.1)[1].tolist() == [False, False]
    assert torch.equal(what_counts(broken, x, "linf", 0.1), x)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_each_point_against_each_centre(norm: Norm) -> None:
    x = images(3)
    points = torch.cat((x.flip(0), x[:1] * 0.9))
    expected = torch.stack([inside(points, one.expand_as(points), norm, EPS[norm]) for one in x], dim=1)
    assert torch.equal(inside_each(points, x, norm, EPS[norm]), expected)


def test_what_is_judged_is_float32() -> None:
    x = images(1)
    assert what_counts(x.double(), x, "linf", 0.1).dtype == torch.float32
