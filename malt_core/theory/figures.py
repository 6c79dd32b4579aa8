"""Plotly figures of the two-layer experiment, and the numbers behind each as rows. No torch, no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

import plotly.graph_objects as go

from malt_core.figure_style import DASHES, PALETTE
from malt_core.theory.gradient_plot import OFF, RANDOM, dimensions
from malt_core.theory.types import (
    Curve,
    Measured,
    Spread,
    T,
    TrainingStep,
)

Rows = list[dict[str, Any]]
LINEAR = PALETTE[2]
STEP_AXIS = "length of the step, in distances to the boundary"


def laid_out(figure: go.Figure, x: str, y: str, *, legend: bool = True, height: int = 340) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 60, "r": 14, "t": 34, "b": 50},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        showlegend=legend,
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(title=x, fixedrange=True)
    figure.update_yaxes(title=y, fixedrange=True, zeroline=False, ticklabelstandoff=6)
    return figure


def loss_figure(training: Sequence[TrainingStep]) -> go.Figure:
    """Return the training loss over the steps."""
    figure = go.Figure()
    figure.add_scatter(
        x=[step.step for step in training],
        y=[step.loss for step in training],
        mode="lines",
        line={"color": OFF},
        hovertemplate="step %{x}: %{y:.3f}<extra></extra>",
    )
    laid_out(figure, "step of gradient descent", "training loss", legend=False, height=240)
    figure.update_yaxes(rangemode="tozero")
    return figure


def loss_rows(training: Sequence[TrainingStep]) -> Rows:
    """Return the numbers behind loss_figure."""
    return [{"step": one.step, "loss": one.loss, "smallest_margin": one.margin} for one in training]


def gradient_figure(measured: Measured) -> go.Figure:
    """Return the length of the gradient's parts within the data's subspace and off it, point by point."""
    figure, config = go.Figure(), measured.config
    parts = {
        f"within the data's<br>subspace<br>({dimensions(config.subspace)})": [p.on for p in measured.points],
        f"off it<br>({dimensions(config.codimension)})": [p.off for p in measured.points],
    }
    for (name, lengths), colour in zip(parts.items(), (RANDOM, OFF), strict=True):
        figure.add_box(
            y=lengths,
            name=name,
            boxpoints="all",
            jitter=0.5,
            pointpos=0,
            marker={"color": colour, "size": 5},
            line={"color": colour},
            fillcolor="rgba(0,0,0,0)",
            hovertemplate="%{y:.3f}<extra></extra>",
        )
    laid_out(figure, "", "length of the gradient's part", legend=False)
    figure.update_yaxes(rangemode="tozero")
    return figure


def point_rows(measured: Measured) -> Rows:
    """Return what was measured at each point."""
    return [
        {
            "label": point.label,
            "length": point.length,
            "output_times_label": point.value,
            "gradient_within": point.on,
            "gradient_off": point.off,
            "predicted_off": point.predicted,
            "reached_off": point.reached,
            "reached_within": point.within,
            "reached_whole_gradient": point.whole,
            "pieces_crossed": point.pieces,
        }
        for point in measured.points
    ]


def drift_figure(measured: Measured, step: float) -> go.Figure:
    """Return the drift of the gradient along steps off the data: down the gradient, and random ones.

    step: the length to mark, in T. Lines are medians over points, bands hold half of them.
    """
    figure = go.Figure()
    for curve, name, colour in _curves(measured):
        _band(figure, curve.drift, name, colour)
    mark(figure, step)
    laid_out(figure, STEP_AXIS, "drift of the gradient")
    figure.update_yaxes(rangemode="tozero", tickformat=".0%")
    return figure


def value_figure(measured: Measured, step: float) -> go.Figure:
    """Return the network's output along the same steps, beside its linear prediction."""
    figure = go.Figure()
    for curve, name, colour in _curves(measured):
        _band(figure, curve.value, name, colour)
    ratios = [
        point.reached / point.predicted for point in measured.points if point.reached and point.predicted
    ]
    if ratios:
        figure.add_scatter(
            x=[0, T[-1]],
            y=[1, 1 - T[-1] * median(ratios)],
            name="linear prediction down the gradient",
            mode="lines",
            line={"color": LINEAR, "dash": DASHES[1]},
            hovertemplate="%{y:.2f}",
        )
    figure.add_hline(y=0, line={"width": 1, "dash": "dot", "color": "#888"})
    mark(figure, step)
    return laid_out(figure, STEP_AXIS, "output, as a share of that at the point")


def _curves(measured: Measured) -> tuple[tuple[Curve, str, str], ...]:
    return (
        (measured.off, "down the gradient", OFF),
        (measured.random, "a random step off the data, as long", RANDOM),
    )


def curve_rows(measured: Measured) -> Rows:
    """Return the numbers behind drift_figure and value_figure."""
    return [
        {
            "step": t,
            "direction": direction,
            **{f"drift_{name}": value for name, value in vars(curve.drift[i]).items()},
            **{f"output_{name}": value for name, value in vars(curve.value[i]).items()},
        }
        for direction, curve in (("gradient", measured.off), ("random", measured.random))
        for i, t in enumerate(T)
    ]


def _band(figure: go.Figure, spreads: Sequence[Spread], name: str, colour: str) -> None:
    known = [(t, one) for t, one in zip(T, spreads, strict=True) if None not in vars(one).values()]
    x = [t for t, _ in known]
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*(one.high for _, one in known), *(one.low for _, one in reversed(known))],
        fill="toself",
        mode="none",
        fillcolor=_faint(colour),
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=x,
        y=[one.median for _, one in known],
        name=name,
        mode="lines",
        line={"color": colour},
        hovertemplate="%{y:.3f}",
    )
    figure.update_layout(hovermode="x unified")


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def mark(figure: go.Figure, step: float) -> None:
    """Draw the boundary, and the step that was chosen."""
    figure.add_vline(x=1, line={"width": 1, "color": "#888"}, annotation={"text": "boundary", "textangle": 0})
    if step != 1:
        figure.add_vline(
            x=step,
            line={"width": 1, "dash": "dash", "color": "#888"},
            annotation={"text": "your step", "textangle": 0, "y": 0.9},
        )


def prediction_figure(measured: Measured) -> go.Figure:
    """Return the predicted against the true distance to the boundary off the data, point by point.

    Both over ||x|| / sqrt(dimension).
    """
    figure = go.Figure()
    root = math.sqrt(measured.config.dimension)
    known = [point for point in measured.points if point.predicted is not None and point.reached is not None]
    x = [root * point.predicted / point.length for point in known]
    y = [root * point.reached / point.length for point in known]
    if known:
        ends = [0, 1.05 * max(*x, *y)]
        figure.add_scatter(
            x=ends, y=ends, mode="lines", line={"color": LINEAR, "dash": DASHES[1]}, name="as predicted"
        )
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"color": OFF, "size": 8, "opacity": 0.7},
        name="a training point",
        hovertemplate="predicted %{x:.2f}, true %{y:.2f}<extra></extra>",
    )
    laid_out(figure, "predicted distance, in ‖x‖/√d", "true distance, in ‖x‖/√d")
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(rangemode="tozero")
    return figure
