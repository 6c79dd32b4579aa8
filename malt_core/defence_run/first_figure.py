"""The three columns as bars that a browser draws at once. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from malt_core.defence_run import words
from malt_core.defence_run.marks import COLUMNS
from malt_core.defence_run.record import DefencesRecord, RowRecord
from malt_core.share import Share
from malt_core.svg_plot import Axis, Bars, bars_plot

ALT = "Right answers of each network or defence: clean, after a transferred attack, after an adaptive one"


def columns_html(record: DefencesRecord) -> str:
    """Return the shares of right answers in each column, with 95% intervals, one group of bars a row."""
    rows = record.begun
    axis = Axis(title="images right, %", low=0, high=100, ticks=(0, 25, 50, 75, 100))
    bars = [
        _bars(column.title, column.colour, rows, [column.share(row) for row in rows]) for column in COLUMNS
    ]
    return bars_plot([row.title for row in rows], axis, bars, alt=ALT)


def _bars(title: str, colour: str, rows: Sequence[RowRecord], shares: Sequence[Share]) -> Bars:
    return Bars(
        name=title,
        values=[100 * share.value for share in shares],
        colour=colour,
        intervals=[(100 * share.interval[0], 100 * share.interval[1]) for share in shares],
        tips=[
            f"{row.title}, {title}: {words.counted(share)}" for row, share in zip(rows, shares, strict=True)
        ],
    )
