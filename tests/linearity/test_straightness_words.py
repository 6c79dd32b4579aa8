"""The verdict on straightness, in words and in numbers."""

import math
import re

import pytest

from malt_core.linearity.types import LinearityReport
from malt_core.linearity.words import measured, straightness


def report(
    near: float = 0.02,
    whole: float = 0.02,
    *,
    crossing: float | None = 0.5,
    end: float = -4.0,
    r2: float = 0.9,
) -> LinearityReport:
    """A margin from 4 to `end`, whose line is off by near and whole, as shares of its fall."""
    return LinearityReport(
        target=1,
        t=(0.0, 1.0, 1.5),
        true_margin=(4.0, end, end),
        linear_margin=(4.0, -3.0, -6.5),
        probabilities=None,
        r2_to_crossing=0.9998,
        max_deviation_to_crossing=near,
        r2=r2,
        max_deviation=whole,
        predicted_crossing=0.6,
        true_crossing=crossing,
        drift_t=(),
        drift=(),
        cosine=(),
        random_drift=(),
        random_cosine=(),
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            report(),
            "Up to the boundary, and on to the end of the way, the margin falls almost in a straight line.",
        ),
        (
            report(0.02, 0.2),
            "Up to the boundary the margin falls almost in a straight line; beyond, it leaves that line.",
        ),
        (
            report(0.2, 1.09),
            "Up to the boundary the margin falls in a slightly bent line; beyond, it leaves that line.",
        ),
        (
            report(0.2, 0.1),
            "Up to the boundary the margin falls in a slightly bent line; on the whole way, almost in a "
            "straight line.",
        ),
        (report(0.26, 0.3), "The margin does not fall in a straight line, not even up to the boundary."),
        (
            report(0.1, 0.1, crossing=None, end=1.0),
            "To the end of the way the margin falls almost in a straight line; it does not reach",
        ),
        (
            report(0.1, 0.1, crossing=1.2, end=1.0),
            "To the end of the way the margin falls almost in a straight line; it does not reach",
        ),
        (
            report(3.2, 3.2, crossing=None, end=3.97),
            "The margin hardly falls on this way, so there is no telling",
        ),
        (report(math.inf, math.inf, crossing=None, end=5.0), "The margin does not fall on this way, so"),
    ],
)
def test_how_straight_it_was(given, says):
    said = straightness(given)
    assert said.startswith(says)
    assert not re.search(r"\d", said), "words first"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            report(0.004, 0.2, r2=0.71),
            "The straight line, up to the boundary: R² over 0.999, off by at most 0.4% of what the margin "
            "falls (R² 1 is a perfect line); on the whole way: R² 0.710, off by at most 20% of what the "
            "margin falls.",
        ),
        (
            report(0.0, 1.09, r2=-2.05),
            "The straight line, up to the boundary: R² over 0.999, off by at most 0.1% of what the margin "
            "falls (R² 1 is a perfect line); on the whole way: R² below 0, worse than a level line, off by "
            "at most 1.1 times what the margin falls.",
        ),
        (
            report(0.3, 0.3, crossing=None),
            "The straight line, on the whole way: R² 0.900, off by at most 30% of what the margin falls "
            "(R² 1 is a perfect line).",
        ),
    ],
)
def test_the_numbers_behind_it(given, says):
    assert measured(given) == says


@pytest.mark.parametrize("deviation", [0.0, 0.0995, 0.0996, 0.994, 0.996, 31.2, math.inf])
def test_there_is_no_percentage_over_a_hundred(deviation):
    said = measured(report(deviation, deviation))
    assert all(float(share) < 100 for share in re.findall(r"([0-9.]+)%", said))
    assert "inf" not in said
