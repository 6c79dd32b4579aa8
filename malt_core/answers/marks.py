"""What all figures of a run by answers alone have in common: colours, units, the staircase of a curve."""

from __future__ import annotations

from malt_core.answers.record import AnswersRecord, MethodRecord
from malt_core.answers.types import MethodId
from malt_core.figure_style import PALETTE
from malt_core.types import Norm

COLOURS: dict[MethodId, str] = {"square": PALETTE[0], "hopskipjump": PALETTE[2], "evolution": PALETTE[3]}
MALT, BALL = PALETTE[1], "#767676"
"""Colours: of MALT's line, and of the edge of the ball and of the boundary."""


def unit(norm: Norm) -> tuple[float, str]:
    """Return by what a length is multiplied to be drawn, and what it then counts."""
    return (255.0, "1/255") if norm == "linf" else (1.0, "L2")


def curve(one: MethodRecord, norm: Norm) -> tuple[list[float], list[float]]:
    """Return after how many queries a method had come how far, as drawn: a point whenever it was further.

    A last point stands where its queries end. Both are empty where it had nothing.
    """
    factor = 1.0 if one.sees == "scores" else unit(norm)[0]
    x = [float(point.queries) for point in one.points]
    y = [point.value * factor for point in one.points]
    if x and one.queries > x[-1]:
        x, y = [*x, float(one.queries)], [*y, y[-1]]
    return x, y


def reached(one: MethodRecord, norm: Norm) -> tuple[float, float] | None:
    """Return where on its curve a method came within the ball, None where it never did."""
    if one.within is None:
        return None
    x, y = curve(one, norm)
    at = [value for queries, value in zip(x, y, strict=True) if queries <= one.within]
    return (float(one.within), at[-1]) if at else None


def alt(record: AnswersRecord) -> str:
    """Return what the curves show, for those who do not see them."""
    parts = []
    for one in record.methods:
        x, y = curve(one, record.norm)
        if x:
            what = "margin" if one.sees == "scores" else f"distance in {unit(record.norm)[1]}"
            parts.append(f"{one.method}: {what} from {y[0]:.3g} to {y[-1]:.3g} by query {x[-1]:,.0f}")
    told = "; ".join(parts) or "nothing yet"
    return f"How far each method had come after how many queries. {told}"
