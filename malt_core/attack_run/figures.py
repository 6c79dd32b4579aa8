"""The Plotly figure of an attack. No torch, no Streamlit: a trace goes in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import plotly.graph_objects as go

from malt_core.attacks.types import Step
from malt_core.figure_style import DASHES, PALETTE

FEW = 30  # points up to which each is marked


def _scatter(steps: Sequence[Step], name: str, colour: str, dash: str) -> go.Scatter:
    """Return the curve of the true margin over the steps."""
    return go.Scatter(
        x=[step.step for step in steps],
        y=[step.true_margin for step in steps],
        name=name,
        mode="lines+markers" if len(steps) <= FEW else "lines",
        line={"color": colour, "dash": dash},
        marker={"size": 7},
        cliponaxis=False,
        hovertemplate="%{y:.2f}",
    )


def _layout(figure: go.Figure, height: int, x_title: str) -> go.Figure:
    figure.add_hline(
        y=0,
        line={"width": 1, "dash": "dot", "color": "#888"},
        annotation={"text": "below 0: a new answer", "font": {"size": 12}},
        annotation_position="bottom right",
    )
    figure.update_layout(
        height=height,
        margin={"l": 56, "r": 12, "t": 12, "b": 48},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        showlegend=True,
        hovermode="x unified",
        hoverlabel={"namelength": -1},
        uirevision="keep",
    )
    last = max((x for curve in figure.data for x in curve.x), default=0)
    figure.update_xaxes(
        title=x_title, rangemode="tozero", fixedrange=True, tickformat="d", dtick=1 if last <= 6 else None
    )
    figure.update_yaxes(title="margin (logits)", fixedrange=True, zeroline=False, ticklabelstandoff=6)
    return figure


def attempts_figure(trace: Sequence[Step], names: Sequence[str] | dict[int, str]) -> go.Figure:
    """Return the true margin of every attacked target, step by step, in the order of attack.

    Of a target that was attacked in several rounds, its last run is shown, which is its longest.
    """
    figure = go.Figure()
    runs = groupby(trace, key=lambda step: (step.order, step.round))
    groups = [steps for _, steps in sorted({order: list(steps) for (order, _), steps in runs}.items())]
    for i, steps in enumerate(groups):
        colour, dash = PALETTE[i % len(PALETTE)], DASHES[i // len(PALETTE) % len(DASHES)]
        name = f"{steps[0].order}. {names[steps[0].target]}"
        figure.add_trace(_scatter(steps, name, colour, dash))
    # On a narrow screen every name in the legend takes a line of its own; leave the curves their room.
    return _layout(figure, 320 + 14 * min(len(groups), 15), "step towards each class")
