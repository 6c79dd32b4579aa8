"""Plotly figures of reports side by side. No torch, no Streamlit: what compare.py returns goes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from malt_core.comparison.accuracies import COLOURS, OTHERS, SYMBOLS, Row
from malt_core.comparison.compare import ComparedImage, EpsCurve, ImageComparison
from malt_core.figure_style import DASHES, PALETTE

STATES = (
    ("wrong without attack", "#BBBBBB"),
    ("withstood", PALETTE[0]),
    ("fooled", PALETTE[1]),
    ("no finite answer", "#333333"),
)
FEW = 50  # images up to which a narrow screen has room for gaps between them
ROW = 46  # pixels; names stand above their row, where a narrow screen has room for them


def accuracies_figure(rows: Sequence[Row]) -> go.Figure:
    """Return clean and robust accuracy of each row, the first at the top, with the interval of the latter."""
    names = [row.name for row in rows]
    figure = go.Figure()
    figure.add_scatter(
        x=[100 * row.clean for row in rows], y=names, name="without attack", mode="markers",
        marker={"symbol": "line-ns", "size": 16, "color": OTHERS},
    )  # fmt: skip
    for row in rows:
        how = {"symbol": SYMBOLS[row.attack] if row.attack else "star-open", "size": 12}
        low, high = row.interval or (row.robust, row.robust)
        figure.add_scatter(
            x=[100 * row.robust], y=[row.name], mode="markers", name="under attack", showlegend=False,
            marker={"color": COLOURS[row.attack] if row.attack else OTHERS, **how},
            error_x={"array": [100 * (high - row.robust)], "arrayminus": [100 * (row.robust - low)]},
        )  # fmt: skip
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="accuracy (%)", range=[0, 100])
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def accuracy_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the numbers behind accuracies_figure, shares of 1."""
    return [
        {
            "report": row.name,
            "clean": row.clean,
            "robust": row.robust,
            "low": row.interval[0] if row.interval else None,
            "high": row.interval[1] if row.interval else None,
        }
        for row in rows
    ]


def curves_figure(curves: Sequence[EpsCurve], names: Sequence[str], *, log: bool = False) -> go.Figure:
    """Return robust accuracy against eps. names: of the curves, which are all of one norm.

    log: both axes are logarithmic; what is 0 is then not on them.
    """
    figure = go.Figure()
    linf = curves[0].reports[0].plan.config.norm == "linf"
    for i, (curve, name) in enumerate(zip(curves, names, strict=True)):
        attack = curve.reports[0].plan.config.attack
        points = [point for point in curve.points if not log or (point.eps and point.accuracy.count)]
        shares = [point.accuracy for point in points]
        figure.add_scatter(
            x=[point.eps * (255 if linf else 1) for point in points],
            y=[100 * share.value for share in shares],
            error_y=_error([share.value for share in shares], [share.interval for share in shares]),
            name=name,
            mode="lines+markers",
            line={"color": COLOURS[attack], "dash": DASHES[i % len(DASHES)]},
            marker={"symbol": SYMBOLS[attack], "size": 9},
            hovertemplate="%{y:.1f}%",
        )
    figure.update_layout(
        height=340 + 14 * len(curves),
        margin={"l": 56, "r": 12, "t": 12, "b": 48},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        showlegend=True,
        hovermode="x unified",
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(title="ε (n/255)" if linf else "ε (L2)", rangemode="tozero", fixedrange=True)
    figure.update_yaxes(title="accuracy (%)", range=[-2, 102], fixedrange=True, zeroline=False)
    if log:
        figure.update_xaxes(type="log", dtick="D2", tickformat="~g")
        figure.update_yaxes(type="log", range=None, dtick="D2", tickformat="~g")
    return figure


def curve_rows(curves: Sequence[EpsCurve], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the numbers behind curves_figure, point by point. eps: in [0, 1] pixel units."""
    return [
        {
            "curve": name,
            "eps": point.eps,
            "right": point.accuracy.count,
            "of": point.accuracy.of,
            "low": point.accuracy.interval[0],
            "high": point.accuracy.interval[1],
        }
        for curve, name in zip(curves, names, strict=True)
        for point in curve.points
    ]


def _error(values: Sequence[float], intervals: Sequence[tuple[float, float]]) -> dict:
    pairs = list(zip(values, intervals, strict=True))
    return {
        "array": [100 * (high - value) for value, (_, high) in pairs],
        "arrayminus": [100 * (value - low) for value, (low, _) in pairs],
        "thickness": 1.5,
        "width": 4,
    }


def matrix_figure(comparison: ImageComparison, names: Sequence[str], classes: Sequence[str]) -> go.Figure:
    """Return which image each attack fooled: a row an attack, a column an image, the most often fooled first.

    names: of the reports; classes: names by index.
    """
    images = sorted(comparison.images, key=lambda image: (not image.right, -len(image.fooled_by)))
    figure = go.Figure(
        go.Heatmap(
            z=[[_state(image, place) for image in images] for place in range(len(names))],
            text=[[f"{image.name}: {classes[image.label]}" for image in images]] * len(names),
            customdata=[[_fate(image, place, classes) for image in images] for place in range(len(names))],
            colorscale=[[i / (len(STATES) - 1), colour] for i, (_, colour) in enumerate(STATES)],
            zmin=0,
            zmax=len(STATES) - 1,
            showscale=False,
            xgap=1 if len(images) <= FEW else 0,
            ygap=22,
            hovertemplate="%{text}<br>%{customdata}<extra></extra>",
        )
    )
    _name_rows(figure, names)
    figure.update_layout(height=48 + ROW * len(names), margin={"l": 8, "r": 12, "t": 12, "b": 36})
    figure.update_xaxes(title="images", showticklabels=False, ticks="", showgrid=False, fixedrange=True)
    return figure


def _state(image: ComparedImage, place: int) -> int:
    """Return which of STATES the image is in, by the report at this place."""
    if place in image.invalid:
        return 3
    if not image.right:
        return 0
    return 2 if place in image.fooled_by else 1


def _fate(image: ComparedImage, place: int, classes: Sequence[str]) -> str:
    became = image.became[place]
    more = "" if became is None else f": {classes[became]}"
    return f"{STATES[_state(image, place)][0]}{more}"


def _name_rows(figure: go.Figure, names: Sequence[str]) -> None:
    """Write each name above the row at y = 0, 1, ..., the first at the top."""
    for y, name in enumerate(names):
        figure.add_annotation(
            text=name,
            x=0,
            xref="paper",
            xanchor="left",
            y=y,
            yshift=18,
            showarrow=False,
            font={"size": 13},
        )
    figure.update_yaxes(
        range=[len(names) - 0.4, -0.75],
        showticklabels=False,
        ticks="",
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
