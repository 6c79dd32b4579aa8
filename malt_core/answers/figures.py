"""The Plotly figure of a run by answers alone, and the numbers behind it. No torch, no Streamlit."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from malt_core.answers.first_figure import HEADS
from malt_core.answers.marks import BALL, COLOURS, MALT, curve, reached, unit
from malt_core.answers.record import AnswersRecord
from malt_core.answers.types import TITLES

PLACE = {"scores": 1, "class": 2}  # row of the figure


def curves_figure(record: AnswersRecord) -> go.Figure:
    """Return margin and distance against queries, one above the other, with MALT's passes in both."""
    factor, name = unit(record.norm)
    figure = make_subplots(
        2, 1, shared_xaxes=True, vertical_spacing=0.12, subplot_titles=tuple(HEADS.values())
    )
    for one in record.methods:
        x, y = curve(one, record.norm)
        how: dict[str, Any] = {"row": PLACE[one.sees], "col": 1}
        figure.add_scatter(
            x=x,
            y=y,
            name=TITLES[one.method],
            mode="lines",
            line={"color": COLOURS[one.method], "shape": "hv", "width": 2.5},
            hovertemplate="%{y:.3g} after %{x:,} queries",
            **how,
        )
        if place := reached(one, record.norm):
            figure.add_scatter(
                x=[place[0]],
                y=[place[1]],
                name=f"{TITLES[one.method]}: in the ball",
                mode="markers",
                marker={"color": COLOURS[one.method], "size": 11},
                hovertemplate="%{y:.3g} after %{x:,} queries",
                **how,
            )
    figure.add_hline(y=0, row=1, col=1, line={"color": BALL, "dash": "dot"})
    figure.add_hline(y=record.eps * factor, row=2, col=1, line={"color": BALL, "dash": "dot"})
    if record.malt is not None and not record.malt.reason:
        words = f"MALT: {record.malt.passes:,} passes"
        figure.add_vline(x=max(1, record.malt.passes), line={"color": MALT, "dash": "dash"})
        figure.add_scatter(
            x=[None], y=[None], name=words, mode="lines", line={"color": MALT, "dash": "dash"}, row=1, col=1
        )
    figure.update_layout(
        height=560,
        margin={"l": 60, "r": 14, "t": 60, "b": 50},
        legend={"orientation": "h", "y": 1.08, "yanchor": "bottom", "x": 0},
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(type="log", fixedrange=True)
    figure.update_xaxes(title="queries of the network (logarithmic)", row=2, col=1)
    figure.update_yaxes(fixedrange=True, zeroline=False, ticklabelstandoff=6)
    figure.update_yaxes(title="smallest margin (logits)", row=1, col=1)
    figure.update_yaxes(title=f"distance ({name})", type="log", dtick="D2", row=2, col=1)
    return figure


def curves_rows(record: AnswersRecord) -> list[dict[str, Any]]:
    """Return the numbers behind curves_figure: a row whenever a method had come further."""
    return [
        {
            "method": one.method,
            "queries": point.queries,
            "margin": point.value if one.sees == "scores" else None,
            "distance": point.value if one.sees == "class" else None,
        }
        for one in record.methods
        for point in one.points
    ]
