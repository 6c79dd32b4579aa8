"""The cut of a plane with the ball: every corner on its surface, every edge along it, nothing outside."""

from __future__ import annotations

import math

import numpy as np
import pytest

from malt_core.explanations.box_cut import ball_cut

EPS = 4 / 255


def test_the_cut_along_two_axes_is_a_square() -> None:
    u, v = np.zeros(12), np.zeros(12)
    u[3], v[7] = 0.1, 0.1
    corners = ball_cut(u, v, EPS, "linf")
    side = EPS / 0.1
    assert {(round(a, 9), round(b, 9)) for a, b in corners} == {
        (round(a * side, 9), round(b * side, 9)) for a in (-1, 1) for b in (-1, 1)
    }


def test_the_cut_along_a_diagonal_is_known() -> None:
    # On the plane of (1, 1, 0) / √2 and (0, 0, 1) the cube is a rectangle √2 times as wide as high.
    u, v = np.array([1.0, 1.0, 0.0]) / math.sqrt(2), np.array([0.0, 0.0, 1.0])
    corners = np.array(ball_cut(u, v, EPS, "linf"))
    assert np.allclose(np.abs(corners).max(0), [math.sqrt(2) * EPS, EPS])


@pytest.mark.parametrize("n", [5, 3000])
def test_its_outline_is_where_the_norm_is_epsilon(n: int) -> None:
    rng = np.random.default_rng(n)
    u, v = rng.normal(size=(2, n))
    v -= (u @ v) / (u @ u) * u
    v *= np.linalg.norm(u) / np.linalg.norm(v)
    corners = np.array(ball_cut(u, v, EPS, "linf"))
    following = np.roll(corners, -1, axis=0)
    for share in (0.0, 0.3, 0.5, 0.8):  # a chord inside the ball would have a smaller norm than eps
        places = (1 - share) * corners + share * following
        sizes = np.abs(places[:, :1] * u + places[:, 1:] * v).max(1)
        assert np.allclose(sizes, EPS, rtol=1e-9)
    turns = np.unwrap(np.arctan2(corners[:, 1], corners[:, 0]))
    assert (np.diff(turns) > 0).all() or (np.diff(turns) < 0).all()


def test_the_cut_of_a_sphere_is_a_circle() -> None:
    u, v = np.eye(5)[:2] * 3
    corners = np.array(ball_cut(u, v, 0.5, "l2"))
    assert np.allclose(np.linalg.norm(corners, axis=1) * 3, 0.5)
