"""The decision plane of networks whose boundary is known."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from malt_core.errors import BadConfig
from malt_core.explanations.plane import decision_plane, plane_axes
from malt_core.explanations.plane_types import Plane, PlaneAxes, PlaneGrid
from tests.helpers import analytic

EPS = 8 / 255
X0 = analytic.grey()[0]


def directions() -> tuple[Tensor, Tensor]:
    signs = (analytic.images(2, seed=5) - 0.5).sign()
    return EPS * signs[0], 0.7 * EPS * (signs[1] + 0.4 * signs[0])


def axes_of(first: Tensor, second: Tensor, way: tuple[Tensor, ...] = ()) -> PlaneAxes:
    return plane_axes(X0, first, second, eps=EPS, norm="linf", kind="naive", way=way)


def grids(model: torch.nn.Module, levels: tuple[int, ...], **how: float) -> list[PlaneGrid]:
    first, second = directions()
    events = decision_plane(model, X0, 0, 1, first, second, axes_of(first, second), levels=levels, **how)
    return [event.grid for event in events if isinstance(event, Plane)]


def place(axes: PlaneAxes, a: float, b: float) -> Tensor:
    """The image at (a, b), from what the browser is sent: three pictures and four numbers."""
    first, second = (
        (torch.tensor(np.array(Image.open(io.BytesIO(png)))).double() - 128).permute(2, 0, 1) * unit
        for png, unit in ((axes.first, axes.unit_first), (axes.second_image, axes.unit_second))
    )
    x = torch.tensor(np.array(Image.open(io.BytesIO(axes.image)))).permute(2, 0, 1).double() / 255
    return (x + a * first + b * axes.k * (second - axes.c * first)).clamp(0, 1)


def test_both_axes_are_at_right_angles_and_equally_long() -> None:
    first, second = directions()
    axes = axes_of(first, second)
    up = axes.k * (second - axes.c * first)
    assert float((first * up).sum()) == pytest.approx(0, abs=1e-5)
    assert float(up.norm()) == pytest.approx(axes.length) == pytest.approx(float(first.norm()))
    a, b = axes.end
    assert torch.allclose(a * first + b * up, second, atol=1e-6)


def test_what_the_browser_gets_gives_the_image_at_a_place() -> None:
    first, second = directions()
    axes = axes_of(first, second)
    for (a, b), x in (((1, 0), X0 + first), (axes.end, X0 + second), ((0, 0), X0)):
        assert (place(axes, a, b) - x).abs().max() < 0.5 / 255, "no whole step of 8 bits beside it"


def test_the_way_is_seen_from_above() -> None:
    first, second = directions()
    beside = 0.3 * EPS * (analytic.images(1, seed=9)[0] - 0.5).sign()
    axes = axes_of(first, second, way=(X0 + first / 2, X0 + second, X0 + beside))
    assert axes.way[0] == pytest.approx((0.5, 0), abs=1e-5)
    assert axes.way[1] == pytest.approx(axes.end, abs=1e-5)
    assert axes.off == pytest.approx(0.3, rel=0.1), "almost all of that change points out of the plane"
    assert axes_of(first, second).off == 0


def test_two_directions_have_to_be_two() -> None:
    first, _ = directions()
    for second in (first, -2 * first, torch.zeros_like(first)):
        with pytest.raises(BadConfig, match="two directions"):
            axes_of(first, second)


def test_the_boundary_of_a_linear_network_is_a_straight_line_and_predicted() -> None:
    (grid,) = grids(analytic.Linear(2), (9,))
    m = np.array(grid.margin).reshape(9, 9)
    assert np.allclose(m, np.array(grid.linear).reshape(9, 9), atol=1e-4)
    assert np.allclose(np.diff(m, 2, axis=0), 0, atol=1e-4)
    assert np.allclose(np.diff(m, 2, axis=1), 0, atol=1e-4)
    assert np.array_equal(np.array(grid.answers) == 0, np.array(grid.margin) > 0)
    assert max(grid.clipped) == 0


def test_rows_go_up_and_columns_to_the_right() -> None:
    model = analytic.Linear(3)
    first, second = directions()
    axes = axes_of(first, second)
    (grid,) = grids(model, (5,), reach=1.0)
    up = axes.k * (second - axes.c * first)
    for row, column in ((0, 4), (4, 1), (2, 2)):
        x = X0 + (column / 2 - 1) * first + (row / 2 - 1) * up
        with torch.no_grad():
            z = model(x[None])[0]
        assert grid.margin[5 * row + column] == pytest.approx(float(z[0] - z[1]), abs=1e-4)


def test_finer_levels_keep_what_is_known_and_cost_no_point_twice() -> None:
    model = analytic.Counted(analytic.smooth_cnn())
    coarse, fine = grids(model, (5, 9))
    assert model.forwards == 9 * 9 + 1, "each point once, and the gradient"
    assert np.array_equal(
        np.array(fine.margin).reshape(9, 9)[::2, ::2], np.array(coarse.margin).reshape(5, 5)
    )


def test_clipping_is_told() -> None:
    (grid,) = grids(analytic.Linear(2), (5,), reach=40.0)
    assert grid.clipped[12] == 0
    assert grid.clipped[0] > 0.5


def test_progress_is_told_on_the_way() -> None:
    first, second = directions()
    events = [
        *decision_plane(analytic.Linear(2), X0, 0, 1, first, second, axes_of(first, second), levels=(11, 21))
    ]
    shares = [event for event in events if isinstance(event, float)]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 5
    assert isinstance(events[-1], Plane)


def test_levels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BadConfig, match="levels"):
        grids(analytic.Linear(2), (5, 10))
