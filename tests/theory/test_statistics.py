"""Means, trends and summaries of numbers that are known."""

from __future__ import annotations

import pytest

from malt_core.theory.statistics import over_seeds, trend
from malt_core.theory.types import SweepPoint


def point(value: float, seed: int, drift: float | None) -> SweepPoint:
    return SweepPoint(
        varied="width",
        value=value,
        seed=seed,
        drift=drift,
        deviation=None,
        relative=None,
        on=0,
        off=0,
        reached=1,
    )


def drift(one: SweepPoint) -> float | None:
    return one.drift


def test_a_power_is_found():
    points = [point(x, seed, x**-0.5) for x in (10, 100, 1000) for seed in range(3)]
    found = trend(points, drift)
    assert found.slope == pytest.approx(-0.5)
    assert found.verdict == "falls"


def test_chance_is_no_trend_and_two_values_are_none():
    noise = [0.2, 0.3, 0.25, 0.26, 0.22, 0.29, 0.31, 0.2, 0.27]
    points = [point(10.0 ** (i % 3), i, one) for i, one in enumerate(noise)]
    assert trend(points, drift).verdict == "does not change"
    assert trend(points[:2], drift) is None


def test_seeds_are_averaged_and_missing_ones_left_out():
    one, two = over_seeds([point(2, 0, 1.0), point(2, 1, 3.0), point(2, 2, None), point(1, 0, 5.0)], drift)
    assert (one.value, one.mean, one.low, one.high, one.seeds) == (1, 5.0, 5.0, 5.0, 1)
    assert (two.value, two.mean, two.high, two.seeds) == (2, 2.0, pytest.approx(2 + 2**0.5), 2)


def test_on_a_logarithmic_axis_means_are_those_of_the_logarithms():
    (found,) = over_seeds([point(1, 0, 1.0), point(1, 1, 100.0), point(1, 2, 0.0)], drift, geometric=True)
    assert found.mean == pytest.approx(10)
    assert found.low * found.high == pytest.approx(100)
    assert found.seeds == 2
