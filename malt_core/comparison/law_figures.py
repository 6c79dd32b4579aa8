"""The Plotly figure of error against eps on logarithmic axes, with fitted power laws. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from malt_core.comparison.power_law import ErrorCurve, PowerLaw
from malt_core.figure_style import DASHES, PALETTE

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")
Fitted = tuple[str, ErrorCurve, PowerLaw | None]
"""A curve with its name, and the law that was fitted to it, None where it has too few points."""


def law_figure(fitted: Sequence[Fitted]) -> go.Figure:
    """Return error against eps with 95% intervals, and each law as a line. The curves are of one norm."""
    figure = go.Figure()
    linf = fitted[0][1].norm == "linf"
    unit = 255 if linf else 1
    for place, (name, curve, law) in enumerate(fitted):
        colour, dash = PALETTE[place % len(PALETTE)], DASHES[place // len(PALETTE) % len(DASHES)]
        points = [point for point in curve.points if point.fooled.count]
        shares = [point.fooled for point in points]
        figure.add_scatter(
            x=[unit * point.eps for point in points],
            y=[100 * share.value for share in shares],
            error_y={
                "array": [100 * (share.interval[1] - share.value) for share in shares],
                "arrayminus": [100 * (share.value - share.interval[0]) for share in shares],
                "thickness": 1.5,
                "width": 3,
            },
            name=name,
            legendgroup=name,
            mode="markers",
            marker={"color": colour, "size": 8, "symbol": SYMBOLS[place // len(PALETTE) % len(SYMBOLS)]},
            hovertemplate="%{y:.1f}% at %{x:g}<extra></extra>",
        )
        if law is not None:
            x = np.geomspace(curve.usable[0].eps, curve.usable[-1].eps, 20)
            figure.add_scatter(
                x=(unit * x).tolist(),
                y=[100 * law.error(eps) for eps in x],
                mode="lines",
                line={"color": colour, "dash": dash},
                legendgroup=name,
                showlegend=False,
                hoverinfo="skip",
            )
    figure.update_layout(
        height=360 + 14 * len(fitted),
        margin={"l": 60, "r": 14, "t": 34, "b": 50},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        showlegend=True,
    )
    figure.update_xaxes(
        title="ε (n/255)" if linf else "ε (L2)", type="log", fixedrange=True, dtick=1, tickformat="~g"
    )
    figure.update_yaxes(title="fooled (%)", type="log", fixedrange=True, dtick=1, tickformat="~g")
    return figure


def law_rows(fitted: Sequence[Fitted]) -> list[dict[str, Any]]:
    """Return the numbers behind law_figure, point by point. eps: in [0, 1] pixel units."""
    return [
        {
            "model": curve.model,
            "attack": curve.attack,
            "norm": curve.norm,
            "eps": point.eps,
            "fooled": point.fooled.count,
            "of": point.fooled.of,
            "low": point.fooled.interval[0],
            "high": point.fooled.interval[1],
            "law": None if law is None else law.error(point.eps),
            "exponent": None if law is None else law.exponent,
            "exponent_error": None if law is None else law.exponent_error,
        }
        for _, curve, law in fitted
        for point in curve.points
    ]
