"""The Plotly figure of an attack. No torch, no Streamlit: a trace goes in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import plotly.graph_objects as go

from malt_core.attacks.types import Step
from malt_core.figure_style import CROWD, DASHES, PALETTE

Names = Sequence[str] | dict[int, str]
"""Class names by index."""

FEW = 30  # points up to which each is marked
NAMED = 12  # curves up to which each has a colour and a name of its own


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


def attempts_figure(trace: Sequence[Step], names: Names) -> go.Figure:
    """Return the true margin of every attacked target, step by step, in the order of attack.

    Of a target that was attacked in several rounds, its last run is shown, which is its longest.
    """
    figure = go.Figure()
    runs = groupby(trace, key=lambda step: (step.order, step.round))
    groups = [steps for _, steps in sorted({order: list(steps) for (order, _), steps in runs}.items())]
    if len(groups) > NAMED:
        return _crowd(figure, groups, names)
    for i, steps in enumerate(groups):
        colour, dash = PALETTE[i % len(PALETTE)], DASHES[i // len(PALETTE) % len(DASHES)]
        figure.add_trace(_scatter(steps, _name(steps, names), colour, dash))
    # On a narrow screen every name in the legend takes a line of its own; leave the curves their room.
    return _layout(figure, 320 + 14 * len(groups), "step towards each class")


def _crowd(figure: go.Figure, groups: Sequence[Sequence[Step]], names: Names) -> go.Figure:
    """Draw too many curves to name: all in grey but the one that came nearest, and no legend over them."""
    nearest = min(groups, key=lambda steps: min(step.best_margin for step in steps))
    for steps in groups:
        if steps is not nearest:
            curve = _scatter(steps, _name(steps, names), CROWD, DASHES[0])
            figure.add_trace(curve.update(mode="lines", line={"width": 1}, showlegend=False))
    figure.add_trace(_scatter(nearest, f"{_name(nearest, names)} (came nearest)", PALETTE[0], DASHES[0]))
    figure = _layout(figure, 380, "step towards each class")
    return figure.update_layout(hovermode="closest")


def _name(steps: Sequence[Step], names: Names) -> str:
    return f"{steps[0].order}. {names[steps[0].target]}"
