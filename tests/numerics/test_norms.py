"""Balls, projections, random starts and 8-bit rounding, against the definitions."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from malt_core.images.pixels import png_bytes, read_png
from malt_core.numerics import norms
from tests.helpers.analytic import assert_inside, images

NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])
RADII = st.sampled_from([1 / 255, 4 / 255, 0.003, 0.0171, 3.99999 / 255, 0.3, 1.0])
CENTRES = st.sampled_from(["noise", "black", "white", "corners"])


def centre(kind: str) -> torch.Tensor:
    """Two 8-bit images, in the middle of [0, 1] or on its edge."""
    x = images(2, shape=(3, 4, 4))
    return {"noise": x, "black": x * 0, "white": x * 0 + 1, "corners": x.round()}[kind]


def noise(seed: int, scale: float) -> torch.Tensor:
    return scale * torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(seed))


def generators(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(s) for s in seeds]


def test_size_and_dual_size_of_known_rows():
    delta = torch.tensor([[3.0, -4.0], [0.0, 0.0]]).view(2, 1, 1, 2)
    assert norms.size(delta, "linf").tolist() == [4.0, 0.0]
    assert norms.size(delta, "l2").tolist() == [5.0, 0.0]
    assert norms.dual_size(delta, "linf").tolist() == [7.0, 0.0]
    assert norms.dual_size(delta, "l2").tolist() == [5.0, 0.0]


@NORMS
def test_steepest_has_length_1_and_attains_the_dual_norm(norm):
    gradient = noise(0, 1.0)
    direction = norms.steepest(gradient, norm)
    torch.testing.assert_close(norms.size(direction, norm), torch.ones(2))
    torch.testing.assert_close((gradient * direction).flatten(1).sum(1), norms.dual_size(gradient, norm))


@NORMS
def test_zero_gradient_gives_no_direction(norm):
    assert norms.steepest(torch.zeros(2, 3, 4, 4), norm).count_nonzero() == 0


@NORMS
@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 999), scale=st.sampled_from([1e-4, 0.02, 1.0, 50.0]), eps=RADII, where=CENTRES)
def test_projection_lands_inside_and_leaves_inner_points_alone(norm, seed, scale, eps, where):
    x0 = centre(where)
    x = norms.Ball(x0, norm, eps).project_(x0 + noise(seed, scale))
    assert_inside(x, x0, norm, eps)
    torch.testing.assert_close(norms.Ball(x0, norm, eps).project_(x.clone()), x, rtol=0, atol=2e-7)


def test_projection_is_the_nearest_point_of_the_ball():
    x0 = torch.full((1, 1, 1, 2), 0.5)
    x = x0 + torch.tensor([0.3, -0.4]).view(1, 1, 1, 2)
    for norm, eps, expected in (("linf", 0.35, [0.3, -0.35]), ("l2", 0.25, [0.15, -0.2])):
        change = (norms.Ball(x0, norm, eps).project_(x.clone()) - x0).flatten()
        torch.testing.assert_close(change, torch.tensor(expected))


@NORMS
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 999), eps=RADII, where=CENTRES)
def test_random_start_is_inside_and_away_from_the_centre(norm, seed, eps, where):
    x0 = centre(where)
    start = norms.random_start(x0, norm, eps, generators(seed, seed + 1))
    assert_inside(start, x0, norm, eps)
    assert (norms.size(start - x0, norm) > eps / 10).all()


@NORMS
def test_random_start_reaches_the_sphere_where_nothing_clips(norm):
    x0 = torch.full((2, 3, 4, 4), 0.5)
    start = norms.random_start(x0, norm, 0.1, generators(0, 1))
    torch.testing.assert_close(norms.size(start - x0, norm), torch.full((2,), 0.1))


@NORMS
def test_random_start_of_a_row_depends_on_its_generator_alone(norm):
    x0 = images(3)
    together = norms.random_start(x0, norm, 0.1, generators(7, 8, 9))
    alone = norms.random_start(x0[1:2], norm, 0.1, generators(8))
    assert torch.equal(together[1:2], alone)
    assert not torch.equal(together[0] - x0[0], together[1] - x0[1])


@NORMS
@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 999), scale=st.sampled_from([0.003, 0.02, 1.0]), eps=RADII, where=CENTRES)
def test_eight_bit_image_survives_png_and_stays_inside(norm, seed, scale, eps, where):
    x0 = centre(where)
    x = norms.Ball(x0, norm, eps).project_(x0 + noise(seed, scale))
    saved = norms.eight_bit_image(x, x0, norm, eps)
    assert_inside(saved, x0, norm, eps + 1e-6)
    assert torch.equal(read_png(png_bytes(saved[0])), saved[0])
    assert float((saved - x).abs().max()) < 1.001 / 255


def test_rounding_is_to_the_nearest_where_the_ball_allows_it():
    x0 = torch.full((1, 1, 1, 3), 100 / 255)
    x = x0 + torch.tensor([4.0, 2.6, -3.4]) / 255
    steps = ((norms.eight_bit_image(x, x0, "linf", 4 / 255) - x0) * 255).round()
    assert steps.flatten().tolist() == [4, 3, -3]


def test_rounding_is_towards_zero_where_the_nearest_would_leave_the_ball():
    x0 = torch.full((1, 1, 1, 3), 100 / 255)
    x = x0 + torch.tensor([3.7, 2.6, -3.4]) / 255
    steps = ((norms.eight_bit_image(x, x0, "linf", 3.7 / 255) - x0) * 255).round()
    assert steps.flatten().tolist() == [3, 2, -3]


def test_float_noise_does_not_cost_a_whole_step():
    """An l2 step of exactly k/255 must not become k - 1 when another pixel forces rounding to zero."""
    x0 = images(1)
    change = torch.zeros_like(x0)
    change[0, 0, 0, :4] = 0.6 / 255
    change[0, 1] = 4 / 255
    x = (x0 + change).clamp(0, 1)
    kept = norms.eight_bit_image(x, x0, "l2", float(norms.size(x - x0, "l2")[0]))
    inner = x0[0, 1] <= 251 / 255
    assert inner.sum() > 50
    assert (((kept - x0) * 255).round()[0, 1][inner] == 4).all()
    assert torch.equal(kept[0, 0, 0, :4], x0[0, 0, 0, :4])


def test_rows_are_rounded_independently():
    """One row that must be rounded towards zero does not change how its neighbour is rounded."""
    x0 = torch.full((2, 1, 1, 2), 100 / 255)
    x = x0 + torch.tensor([[3.7, 3.7], [2.6, 2.6]]).view(2, 1, 1, 2) / 255
    steps = ((norms.eight_bit_image(x, x0, "linf", 3.7 / 255) - x0) * 255).round()
    assert steps.flatten(1).tolist() == [[3, 3], [3, 3]]
