"""The three columns, drawn with Plotly, and the table behind them. No torch."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from malt_core.defence_run import words
from malt_core.defence_run.marks import COLUMNS
from malt_core.defence_run.record import DefencesRecord

LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"}


def columns_figure(record: DefencesRecord) -> go.Figure:
    """Return the shares of right answers in each column, with 95% intervals, one group of bars a row."""
    rows, figure = record.begun[::-1], go.Figure()
    for column in COLUMNS[::-1]:
        shares = [column.share(row) for row in rows]
        figure.add_bar(
            orientation="h",
            x=[100 * share.value for share in shares],
            y=[row.title for row in rows],
            error_x={
                "type": "data",
                "array": [100 * (share.interval[1] - share.value) for share in shares],
                "arrayminus": [100 * (share.value - share.interval[0]) for share in shares],
            },
            name=column.title,
            marker={"color": column.colour},
            customdata=[words.counted(share) for share in shares],
            hovertemplate="%{y}: %{customdata}<extra>" + column.title + "</extra>",
        )
    figure.update_xaxes(title="images right, %", range=[0, 100])
    figure.update_layout(
        barmode="group", height=120 + 70 * len(rows), margin={"l": 220, "r": 16}, legend=LEGEND
    )
    return figure


def table_rows(record: DefencesRecord) -> list[dict[str, Any]]:
    """Return the table behind it: one row a network or defence."""
    return [
        {
            "row": row.id,
            "images": len(row.outcomes),
            "clean": row.clean.count,
            "transfer": row.transfer.count,
            "adaptive": row.adaptive.count,
            "only the transferred image fooled": row.borrowed,
            "refused or abstained, clean": row.false_alarms.count,
            "flags": ", ".join(flag.code for flag in row.flags),
            "images forward": row.n_forward,
            "images backward": row.n_backward,
            "seconds": row.seconds,
        }
        for row in record.begun
    ]
