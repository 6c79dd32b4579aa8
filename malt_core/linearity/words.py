"""How straight a margin fell: in plain words, and in numbers for those who ask."""

from __future__ import annotations

import math
from typing import Literal

from malt_core.linearity.types import LinearityReport

Shape = Literal["straight", "slightly bent", "bent"]

STRAIGHT, BENT = 0.10, 0.25  # largest deviation, as a share of the margin's drop
FLAT = 0.1  # logits: who hardly falls shows nothing about straight lines

_FALLS = {
    "straight": "almost in a straight line",
    "slightly bent": "in a slightly bent line",
    "bent": "in anything but a straight line",
}


def reaches_boundary(report: LinearityReport) -> bool:
    """Return whether the margin crosses zero on the way from the original to its end."""
    return report.true_crossing is not None and report.true_crossing <= 1


def shape_to_boundary(report: LinearityReport) -> Shape | None:
    """Return how straight the margin falls up to the boundary, or to the end of the way if that comes first.

    None where it does not fall enough to tell.
    """
    return None if _flat(report) else shape(report.max_deviation_to_crossing)


def shape_of_way(report: LinearityReport) -> Shape | None:
    """Return how straight the margin falls on the whole way; None where it does not fall enough to tell."""
    return None if _flat(report) else shape(report.max_deviation)


def shape(deviation: float) -> Shape:
    """Return what to call a way from whose line the margin deviates by this share of its fall."""
    return "straight" if deviation <= STRAIGHT else "slightly bent" if deviation <= BENT else "bent"


def _flat(report: LinearityReport) -> bool:
    return not reaches_boundary(report) and _fall(report) <= FLAT


def _fall(report: LinearityReport) -> float:
    return report.true_margin[0] - report.true_margin[report.t.index(1)]


def straightness(report: LinearityReport) -> str:
    """Return how straight the margin falls, in one sentence without numbers."""
    near, whole = shape_to_boundary(report), shape_of_way(report)
    if near is None or whole is None:
        falls = "hardly falls" if _fall(report) > 0 else "does not fall"
        return f"The margin {falls} on this way, so there is no telling how straight it falls."
    if not reaches_boundary(report):
        return f"To the end of the way the margin falls {_FALLS[near]}; it does not reach the boundary."
    if near == whole == "bent":
        return "The margin does not fall in a straight line, not even up to the boundary."
    if near == whole:
        return f"Up to the boundary, and on to the end of the way, the margin falls {_FALLS[near]}."
    if list(_FALLS).index(near) < list(_FALLS).index(whole):
        return f"Up to the boundary the margin falls {_FALLS[near]}; beyond, it leaves that line."
    return f"Up to the boundary the margin falls {_FALLS[near]}; on the whole way, {_FALLS[whole]}."


def measured(report: LinearityReport) -> str:
    """Return R² and the largest deviation: up to the boundary first, then of the whole way."""
    whole = _numbers(report.r2, report.max_deviation)
    if not reaches_boundary(report):
        return f"The straight line, on the whole way: {whole} (R² 1 is a perfect line)."
    near = _numbers(report.r2_to_crossing, report.max_deviation_to_crossing)
    return (
        f"The straight line, up to the boundary: {near} (R² 1 is a perfect line); on the whole way: {whole}."
    )


def _numbers(r2: float, deviation: float) -> str:
    return f"R² {_r2(r2)}, off by at most {_share(deviation)}"


def _r2(value: float) -> str:
    if value < 0:
        return "below 0, worse than a level line"
    return "over 0.999" if value >= 0.9995 else f"{value:.3f}"


def _share(deviation: float) -> str:
    if math.isinf(deviation):
        return "more than the margin falls"
    if deviation >= 0.995:
        return f"{deviation:,.1f} times what the margin falls"
    share = f"{deviation:.1%}" if deviation < 0.0995 else f"{deviation:.0%}"
    return f"{'0.1%' if deviation < 0.001 else share} of what the margin falls"
