"""Accuracies side by side, as HTML that a page shows at once; see malt_core/svg_plot.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from malt_core.attacks.catalogue import AttackId
from malt_core.evaluation.types import ATTACKS
from malt_core.figure_style import PALETTE
from malt_core.svg_plot import Axis, Marks, rows_plot

_SHAPES = ("circle", "square", "triangle-up", "diamond", "x", "star", "cross", "pentagon")
SYMBOLS: dict[AttackId, str] = dict(zip(ATTACKS, cycle(_SHAPES), strict=False))
COLOURS: dict[AttackId, str] = dict(zip(ATTACKS, cycle(PALETTE), strict=False))
OTHERS = "#888888"
"""What is no attack of ours: the accuracy without any, figures that others have published."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the figure. name: what stands above it; attack: None for a figure of others.

    clean, robust: accuracies, 0 to 1; interval: of robust, None if not known.
    """

    name: str
    attack: AttackId | None
    clean: float
    robust: float
    interval: tuple[float, float] | None


def accuracies_html(rows: Sequence[Row], *, alt: str) -> str:
    """Return clean and robust accuracy of each row, with the interval of the latter."""
    clean = Marks(
        x=[100 * row.clean for row in rows],
        y=range(len(rows)),
        colour=OTHERS,
        symbol="line-ns",
        tips=[f"without attack {row.clean:.1%}" for row in rows],
    )
    robust = [
        Marks(
            x=[100 * row.robust],
            y=[place],
            colour=COLOURS[row.attack] if row.attack else OTHERS,
            symbol=SYMBOLS[row.attack] if row.attack else "star",
            hollow=row.attack is None,
            x_intervals=[row.interval and (100 * row.interval[0], 100 * row.interval[1])],
            tips=[f"under attack {row.robust:.1%}"],
        )
        for place, row in enumerate(rows)
    ]
    axis = Axis(title="accuracy (%)", low=0, high=100, ticks=range(0, 101, 20))
    return rows_plot([row.name for row in rows], axis, [clean, *robust], alt=alt)
