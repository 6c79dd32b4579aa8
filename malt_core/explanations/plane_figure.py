"""The decision plane as a Plotly figure, to take away. No torch, no Streamlit: numbers go in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from malt_core.explanations.plane_types import PlaneAxes, PlaneGrid
from malt_core.explanations.straightness_figures import FRAME, Rows
from malt_core.explanations.straightness_words import Names
from malt_core.figure_style import CROWD, INK, LINEAR, PALETTE


def plane_figure(axes: PlaneAxes, grid: PlaneGrid, names: Names) -> go.Figure:
    """Return the decision plane: regions, both zero lines of the margin, the ball's cut and the way."""
    at = [-grid.reach + 2 * grid.reach * i / (grid.n - 1) for i in range(grid.n)]
    classes = list(dict.fromkeys(sorted(grid.answers, key=grid.answers.count, reverse=True)))
    place = {index: i for i, index in enumerate(classes)}
    colours = [PALETTE[i] if i < len(PALETTE) else CROWD for i in range(len(classes))]
    n = len(classes)
    figure = go.Figure(
        go.Heatmap(
            x=at, y=at, z=_square([place[index] for index in grid.answers], grid.n), zmin=-0.5, zmax=n - 0.5,
            colorscale=[step for i, c in enumerate(colours) for step in ([i / n, c], [(i + 1) / n, c])],
            text=_square([names[index] for index in grid.answers], grid.n), opacity=0.45, showscale=False,
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    for name, values, colour, dash in (
        ("boundary", grid.margin, INK, "solid"),
        ("predicted boundary", grid.linear, LINEAR, "dash"),
    ):
        figure.add_contour(
            x=at, y=at, z=_square(values, grid.n), name=name, showscale=False, hoverinfo="skip",
            contours={"start": 0, "end": 0, "size": 1, "coloring": "none"}, showlegend=True,
            line={"color": colour, "width": 3, "dash": dash},
        )  # fmt: skip
    for name, corners, line in (
        ("the ball of ε", (*axes.ball, axes.ball[0]), {"color": INK, "width": 2, "dash": "dot"}),
        ("the attack's way", ((0.0, 0.0), *axes.way), {"color": INK, "width": 1.5}),
    ):
        a, b = zip(*corners, strict=True)
        figure.add_scatter(x=a, y=b, name=name, line=line, mode="lines", hoverinfo="skip")
    figure.update_layout(height=620, **{**FRAME, "hovermode": "closest"})
    limits = {"range": [-grid.reach, grid.reach], "fixedrange": True, "zeroline": False}
    figure.update_xaxes(title="MALT's perturbation", constrain="domain", **limits)
    other = "noise as long" if axes.second == "random" else "towards the likeliest class, at right angles"
    figure.update_yaxes(title=other, scaleanchor="x", **limits)
    return figure


def _square(values: Sequence[Any], n: int) -> list[list[Any]]:
    return [list(values[i : i + n]) for i in range(0, n * n, n)]


def plane_rows(grid: PlaneGrid, names: Names) -> Rows:
    """Return every point of the plane."""
    at = [-grid.reach + 2 * grid.reach * i / (grid.n - 1) for i in range(grid.n)]
    return [
        {
            "a": at[i % grid.n],
            "b": at[i // grid.n],
            "answer": names[grid.answers[i]],
            "margin": grid.margin[i],
            "predicted_margin": grid.linear[i],
            "clipped_share": grid.clipped[i],
        }
        for i in range(grid.n**2)
    ]
