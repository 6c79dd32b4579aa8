"""The first figure of the experiment, as HTML that a page shows at once; see malt_core/svg_plot.py."""

from __future__ import annotations

import math

from malt_core.figure_style import PALETTE
from malt_core.svg_plot import Axis, Marks, rows_plot
from malt_core.theory.types import Measured

OFF, RANDOM = PALETTE[0], PALETTE[1]
"""Colours: of what leads off the data down the gradient, and of what is beside it."""


def gradient_html(measured: Measured, *, alt: str) -> str:
    """Return the length of the gradient's parts, point by point: the same as figures.gradient_figure."""
    config = measured.config
    rows = {
        f"within the data's subspace ({dimensions(config.subspace)})": [p.on for p in measured.points],
        f"off it ({dimensions(config.codimension)})": [p.off for p in measured.points],
    }
    longest = max(max(lengths) for lengths in rows.values())
    tick = _round_step(longest / 5)
    axis = Axis(
        title="length of the gradient's part",
        low=0,
        high=1.05 * longest,
        ticks=[tick * i for i in range(int(1.05 * longest / tick) + 1)],
    )
    marks = []
    for row, (lengths, colour) in enumerate(zip(rows.values(), (RANDOM, OFF), strict=True)):
        tips = [f"{length:.3g}" for length in lengths]
        marks.append(Marks(x=lengths, y=[row] * len(lengths), colour=colour, hollow=True, tips=tips))
    return rows_plot(list(rows), axis, marks, alt=alt)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least this."""
    power = 10 ** math.floor(math.log10(least))
    return next(step for factor in (1, 2, 5, 10) if (step := factor * power) >= 0.999 * least)


def dimensions(count: int) -> str:
    """Return "1 dimension" or "190 dimensions"."""
    return f"{count:,} dimension{'' if count == 1 else 's'}"
