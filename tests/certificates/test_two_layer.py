"""Interval bound, convex bound, exact answer and attack keep their order; the exact one is the true one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from malt_core.certificates.two_layer import (
    Units,
    attack,
    convex_bound,
    exact_bound,
    interval_bound,
    radii,
)

SLACK = 1e-7


def units(seed: int, m: int = 8, d: int = 4) -> Units:
    source = np.random.default_rng(seed)
    w, u, x = source.normal(size=(m, d)), source.normal(size=m), source.normal(size=d)
    found = Units(w, u, x)
    return found if found.value(x) > 0 else Units(w, -u, x)


@pytest.mark.parametrize("seed", range(8))
def test_bounds_stand_in_their_order_and_the_exact_one_is_reached(seed):
    one = units(seed)
    for eps in (0.05, 0.2, 0.5, 1.5):
        low, convex, true = interval_bound(one, eps), convex_bound(one, eps), exact_bound(one, eps)
        found = one.value(attack(one, eps))
        assert low <= convex + SLACK
        assert convex <= true + SLACK
        assert true <= found + SLACK
        source = np.random.default_rng(seed)
        points = one.x + eps * source.uniform(-1, 1, size=(4000, 4))
        assert true <= min(map(one.value, points)) + SLACK
    radius = radii(one, 2.0, exact=True)
    assert 0 < radius.interval <= radius.convex <= radius.exact
    assert radius.attack is None or radius.exact <= radius.attack


def test_in_one_dimension_the_exact_answer_is_at_a_kink_or_an_end():
    one = Units(np.array([[1.0], [-2.0], [0.5]]), np.array([1.0, -1.0, 2.0]), np.array([0.4]))
    assert exact_bound(one, 1.0) == pytest.approx(min(one.value(np.array([x])) for x in (-0.6, 0.0, 1.4)))


def test_without_a_kink_in_reach_all_agree_with_the_dual_norm():
    w = np.array([[1.0, 2.0], [3.0, -1.0]])
    one = Units(w, np.array([1.0, 1.0]), np.array([10.0, 1.0]))
    slope = np.abs(w.sum(0)).sum()
    for bound in (convex_bound, exact_bound):
        assert bound(one, 0.5) == pytest.approx(one.value(one.x) - 0.5 * slope)
    assert one.value(attack(one, 0.5)) == pytest.approx(one.value(one.x) - 0.5 * slope)
    assert interval_bound(one, 0.5) < convex_bound(one, 0.5)  # it takes two corners at once


def test_the_exact_answer_is_the_best_of_all_patterns():
    from scipy.optimize import linprog

    one, eps = units(3, m=5, d=3), 0.8
    best = np.inf
    for pattern in product((0, 1), repeat=5):
        on = np.array(pattern)
        signs = np.where(on, -1.0, 1.0)[:, None]  # on: w x' >= 0, off: w x' <= 0
        found = linprog(
            (one.c * on) @ one.w,
            A_ub=signs * one.w,
            b_ub=np.zeros(5),
            bounds=list(zip(one.x - eps, one.x + eps, strict=True)),
        )
        best = min(best, found.fun) if found.success else best
    assert exact_bound(one, eps) == pytest.approx(best)
