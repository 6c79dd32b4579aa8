"""Proven and found radii of a two-layer network, point by point, drawn with Plotly. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import plotly.graph_objects as go

from malt_core.certificates.two_layer_types import Radii
from malt_core.figure_style import PALETTE

MARKS = (
    ("interval", "interval bound: proven", PALETTE[5], "triangle-up"),
    ("convex", "convex outer bound: proven", PALETTE[0], "square"),
    ("exact", "exact", PALETTE[2], "circle-open"),
    ("attack", "attack: fooled", PALETTE[1], "x"),
)
"""Name in Radii, words, colour, symbol; from the smallest radius to the largest."""


def radii_figure(points: Sequence[Radii]) -> go.Figure:
    """Return the four radii of each point, a column a point."""
    figure = go.Figure()
    for name, words, colour, symbol in MARKS:
        figure.add_scatter(
            x=list(range(1, len(points) + 1)),
            y=[getattr(point, name) for point in points],
            name=words,
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 16 if name == "exact" else 9},
            hovertemplate="point %{x}: %{y:.4f}<extra>" + words + "</extra>",
        )
    figure.update_xaxes(title="training point", dtick=1)
    figure.update_yaxes(title="ε (L∞) in the points' units", rangemode="tozero")
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    figure.update_layout(height=400, margin={"l": 60, "r": 16, "t": 90, "b": 56}, legend=legend)
    return figure


def radii_rows(points: Sequence[Radii]) -> list[dict[str, Any]]:
    """Return the table behind it: one row a point."""
    return [{"point": number, **asdict(point)} for number, point in enumerate(points, 1)]
