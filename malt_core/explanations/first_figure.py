"""Every class as a point, drawn by the browser at once: what the Targets page opens with. See svg_plot.py."""

from __future__ import annotations

import math

from malt_core.explanations.marks import MARKS, marked, unit
from malt_core.explanations.record import ClassesRecord
from malt_core.svg_plot import Axis, Marks, plot

HEIGHT = 300  # pixels


def classes_html(record: ClassesRecord) -> str:
    """Return what figures.classes_figure draws as a piece of HTML."""
    factor, name = unit(record.norm)
    known = [one for one in record.candidates if one.predicted is not None]
    most = max((one.predicted * factor for one in known), default=1.0)
    step = _round(most / 5)
    high = step * math.ceil(most / step)
    wide = _round(record.total / 5)
    marks = []
    for mark in MARKS:
        points = [one for one in known if marked(one) == mark.whose]
        marks.append(
            Marks(
                x=[one.confidence_rank for one in points],
                y=[one.predicted * factor for one in points],
                colour=mark.colour,
                symbol=mark.symbol,
                hollow=not mark.whose,
                tips=[f"{one.name}: {one.predicted * factor:.3g}" for one in points],
            )
        )
    x_ticks = [wide * i for i in range(math.floor(record.total / wide) + 1)]
    return plot(
        Axis(title="place by confidence (1: the likeliest)", low=-1, high=record.total + 2, ticks=x_ticks),
        Axis(
            title=f"predicted distance ({name})",
            low=0,
            high=high,
            ticks=[step * i for i in range(round(high / step) + 1)],
        ),
        marks,
        height=HEIGHT,
        alt="Each wrong class as a point: its place by confidence, and its predicted distance",
    )


def _round(value: float) -> float:
    """Return the next larger number of one digit that is 1, 2 or 5."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= value * 0.999)
