"""Plotly figures of how straight a network is. No torch, no Streamlit: numbers go in."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from malt_core.explanations.straightness_summary import margins
from malt_core.explanations.straightness_types import DriftOfImage, Straightness
from malt_core.explanations.straightness_words import Names
from malt_core.figure_style import DASHES, LINEAR, PALETTE
from malt_core.linearity.scale_names import SCALE_TITLES
from malt_core.linearity.types import LogitsAlong, Scale

Rows = list[dict[str, Any]]
TRUE = PALETTE[0]
FRAME: dict[str, Any] = {
    "margin": {"l": 56, "r": 12, "t": 34, "b": 44},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    "hovermode": "x unified",
    "uirevision": "keep",
}


def scale_figure(scale: Scale, *, height: int = 260) -> go.Figure:
    """Return the true margin and its line up to one reach."""
    figure = go.Figure()
    figure.add_hline(y=0, line={"width": 1, "color": "#888", "dash": "dot"})
    figure.add_scatter(
        x=scale.s, y=scale.linear, name="straight line", line={"color": LINEAR, "dash": "dash"}
    )
    figure.add_scatter(x=scale.s, y=scale.true, name="true margin", line={"color": TRUE, "width": 3})
    figure.update_traces(mode="lines", hovertemplate="%{y:.4~g}")
    figure.update_layout(height=height, showlegend=True, **FRAME)
    figure.update_xaxes(title="change (in ε)", fixedrange=True, range=[0, scale.reach])
    figure.update_yaxes(title="margin (logits)", fixedrange=True, zeroline=False)
    return figure


def scales_figure(there: Sequence[Scale]) -> go.Figure:
    """Return the true margin and its line at scales that have names, at least one, side by side."""
    figure = make_subplots(
        rows=1, cols=len(there), subplot_titles=[SCALE_TITLES[scale.reach] for scale in there]
    )
    for column, scale in enumerate(there, 1):
        for name, values, line in (
            ("true margin", scale.true, {"color": TRUE, "width": 3}),
            ("straight line", scale.linear, {"color": LINEAR, "dash": "dash"}),
        ):
            figure.add_scatter(
                x=scale.s, y=values, name=name, line=line, mode="lines", showlegend=column == 1,
                row=1, col=column,
            )  # fmt: skip
    figure.update_layout(showlegend=True, **FRAME)
    figure.update_xaxes(title="change (in ε)")
    figure.update_yaxes(title="margin (logits)", row=1, col=1)
    return figure


def scale_rows(scales: Sequence[Scale]) -> Rows:
    """Return the numbers of several scales."""
    return [
        {"scale": scale.reach, "change_in_eps": s, "true_margin": true, "linear_margin": linear}
        for scale in scales
        for s, true, linear in zip(scale.s, scale.true, scale.linear, strict=True)
    ]


def logits_figure(logits: LogitsAlong, names: Names) -> go.Figure:
    """Return real logits above, predicted ones below, on the same axes (the paper's figure)."""
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        shared_yaxes=True,
        vertical_spacing=0.12,
        subplot_titles=("in truth", "as the straight lines predict"),
    )
    for row, values in ((1, logits.true), (2, logits.linear)):
        for i, (index, curve) in enumerate(zip(logits.classes, values, strict=True)):
            line = {
                "color": PALETTE[i % len(PALETTE)],
                "dash": DASHES[i % len(DASHES)],
                "width": 3 if i < 2 else 1.5,
            }
            figure.add_scatter(
                x=logits.s, y=curve, row=row, col=1, name=names[index], legendgroup=str(index), line=line,
                showlegend=row == 1, mode="lines", hovertemplate="%{y:.2f}",
            )  # fmt: skip
    every = [value for curves in (logits.true, logits.linear) for curve in curves for value in curve]
    room = 0.05 * (max(every) - min(every) or 1)
    frame = {**FRAME, "legend": {"orientation": "h", "y": 1.09, "yanchor": "bottom", "x": 0}}
    figure.update_layout(height=520 + 12 * len(logits.classes), **frame)
    figure.update_yaxes(title="logit", fixedrange=True, range=[min(every) - room, max(every) + room])
    figure.update_xaxes(fixedrange=True)
    figure.update_xaxes(title="change (in ε)", row=2, col=1)
    return figure


def logits_rows(logits: LogitsAlong, names: Names) -> Rows:
    """Return the numbers of both rows."""
    return [
        {"class": names[index], "change_in_eps": s, "logit": true, "predicted_logit": linear}
        for index, trues, linears in zip(logits.classes, logits.true, logits.linear, strict=True)
        for s, true, linear in zip(logits.s, trues, linears, strict=True)
    ]


def drift_figure(drift: Sequence[DriftOfImage]) -> go.Figure:
    """Return drift and cosine over the steps: the mean of the images, and the range that they span."""
    figure = make_subplots(rows=1, cols=2, subplot_titles=("drift", "cosine"))
    curves = (
        ("adversarial steps", "drift", "cosine", PALETTE[1], "solid"),
        ("random steps", "random_drift", "random_cosine", PALETTE[5], "dash"),
    )
    for name, relative, cosine, colour, dash in curves:
        for column, field, start in ((1, relative, 0.0), (2, cosine, 1.0)):
            s, mean, low, high = _spread(drift, field, start)
            band = {"line": {"width": 0}, "mode": "lines", "hoverinfo": "skip", "showlegend": False}
            figure.add_scatter(x=s, y=low, row=1, col=column, **band)
            fill = {"fill": "tonexty", "fillcolor": _pale(colour)}
            figure.add_scatter(x=s, y=high, row=1, col=column, **fill, **band)
            figure.add_scatter(
                x=s, y=mean, row=1, col=column, name=name, legendgroup=name, showlegend=column == 1,
                line={"color": colour, "dash": dash, "width": 3}, mode="lines+markers",
                hovertemplate="%{y:.3f}",
            )  # fmt: skip
    frame = {**FRAME, "legend": {"orientation": "h", "y": -0.24, "yanchor": "top", "x": 0}}
    figure.update_layout(height=320, **frame)
    figure.update_xaxes(title="change (in ε)", fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def _spread(
    drift: Sequence[DriftOfImage], field: str, start: float
) -> tuple[list[float], list[float | None], list[float | None], list[float | None]]:
    """Return lengths, and mean, least and largest of a field over the images; None where one is infinite."""
    s, mean, low, high = [0.0], [start], [start], [start]
    for points in zip(*(one.points for one in drift), strict=True):
        values = [getattr(point, field) for point in points]
        known = None not in values
        s.append(statistics.fmean(point.length for point in points))
        mean.append(statistics.fmean(values) if known else None)
        low.append(min(values) if known else None)
        high.append(max(values) if known else None)
    return s, mean, low, high


def drift_rows(drift: Sequence[DriftOfImage]) -> Rows:
    """Return the numbers of every image."""
    return [
        {
            "picture": one.name,
            "change_in_eps": point.length,
            "drift": point.drift,
            "cosine": point.cosine,
            "random_drift": point.random_drift,
            "random_cosine": point.random_cosine,
            "gradalign_cosine": one.alignment,
        }
        for one in drift
        for point in one.points
    ]


def beside_figure(found: Sequence[Straightness], titles: Mapping[str, str], reach: float) -> go.Figure:
    """Return the margins of several networks up to one reach, each as a share of what it began with."""
    figure = go.Figure()
    figure.add_hline(y=0, line={"width": 1, "color": "#888", "dash": "dot"})
    for i, one in enumerate(found):
        scale = one.scale(reach)
        if scale is None or not scale.true[0]:
            continue
        name, colour, start = titles[one.model], PALETTE[i % len(PALETTE)], scale.true[0]
        for suffix, values, line in (
            ("", scale.true, {"color": colour, "width": 3}),
            (", line", scale.linear, {"color": colour, "width": 1.5, "dash": "dash"}),
        ):
            shares = [value / start for value in values]
            figure.add_scatter(x=scale.s, y=shares, name=name + suffix, line=line, mode="lines")
    figure.update_traces(hovertemplate="%{y:.2f}")
    frame = {**FRAME, "legend": {"orientation": "h", "y": -0.24, "yanchor": "top", "x": 0}}
    figure.update_layout(height=340 + 30 * len(found), **frame)
    figure.update_xaxes(title="change (in ε)", fixedrange=True, range=[0, reach])
    figure.update_yaxes(title="margin, as a share of the first", fixedrange=True, zeroline=False)
    return figure


def beside_rows(found: Sequence[Straightness], titles: Mapping[str, str]) -> Rows:
    """Return the margins of several networks at all scales."""
    return [
        {"network": titles[one.model], "change_in_eps": s, "true_margin": true, "linear_margin": linear}
        for one in found
        for s, true, linear in margins(one)
    ]
