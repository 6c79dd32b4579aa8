"""How straight a margin fell, in plain words."""

from __future__ import annotations

import math

from malt_core.linearity.types import LinearityReport

STRAIGHT, BENT = 0.10, 0.25  # largest deviation, as a share of the margin's drop


def straightness(report: LinearityReport) -> str:
    """Return how straight the margin fell, in one sentence."""
    off = report.max_deviation
    if math.isinf(off):
        return "The margin did not fall along this path, so the question how straight it fell does not arise."
    share = (
        "less than 0.1%" if off < 0.0005 else f"at most {off:.1%}" if off < 0.0095 else f"at most {off:,.0%}"
    )
    r2 = f"R² {report.r2:.2f}".replace("-", "−") if report.r2 >= -10 else "R² far below 0"
    measure = f"the straight line is off by {share} of the margin's drop ({r2}; 1 is a perfect line)"
    if off <= STRAIGHT:
        return f"Almost straight: {measure}."
    if off <= BENT:
        return f"Slightly bent: {measure}."
    return f"Not straight: {measure}."
