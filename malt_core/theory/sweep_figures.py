"""Plotly figures of what changes with a setting, and of deep networks; their numbers as rows. No torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from malt_core.figure_style import DASHES, PALETTE
from malt_core.theory.figures import LINEAR, STEP_AXIS, Rows, laid_out, mark
from malt_core.theory.gradient_plot import OFF, RANDOM
from malt_core.theory.statistics import OverSeeds, Quantity, over_seeds
from malt_core.theory.types import DEEP_T, DeepRecord, SweepPoint, Varied

NAMES: dict[Varied, str] = {
    "dimension": "dimension of the input",
    "width": "width: hidden units",
    "scale": "initial scale",
    "decay": "weight decay",
}


def length_figure(points: Sequence[SweepPoint], toys: Sequence[SweepPoint]) -> go.Figure:
    """Return how long a step must be against the dimension, beside 1/√d and the toy in the plane."""
    figure = go.Figure()
    found = over_seeds(points, lambda point: point.relative, geometric=True)
    if found:
        last = found[-1]
        figure.add_scatter(
            x=[found[0].value, last.value],
            y=[last.mean * math.sqrt(last.value / found[0].value), last.mean],
            name="falling as 1/√d",
            mode="lines",
            line={"color": LINEAR, "dash": DASHES[1]},
            hoverinfo="skip",
        )
    _with_errors(figure, found, "the data's subspace as you chose it", OFF)
    if reached := [toy for toy in toys if toy.relative is not None]:
        figure.add_scatter(
            x=[toy.value for toy in reached],
            y=[toy.relative for toy in reached],
            name="toy: a line in the plane, each seed",
            mode="markers",
            marker={"color": RANDOM, "size": 9, "symbol": "diamond-open"},
            hovertemplate="%{y:.3g}<extra></extra>",
        )
    laid_out(figure, "dimension d of the input", "shortest step over ‖x‖")
    figure.update_xaxes(type="log", dtick=1)
    _log_axis(figure)
    return figure


def _log_axis(figure: go.Figure) -> None:
    """Make the upright axis logarithmic: a number for each tenfold, and more where it holds few of them."""
    values = [y for curve in figure.data for y in curve.y or () if y]
    tenfolds = math.log10(max(values) / min(values)) if values else 1
    figure.update_yaxes(type="log", dtick=1 if tenfolds > 1.5 else "D2", tickformat="~g")


def sweep_figure(
    points: Sequence[SweepPoint], curves: Sequence[tuple[str, Quantity]], y: str, *, log: bool = False
) -> go.Figure:
    """Return quantities of a sweep over its setting: means over seeds, with their standard deviation.

    points: of one setting; curves: name and quantity of each, shares of 1 unless log: then the upright axis
    is logarithmic, and so are means and deviations.
    """
    figure = go.Figure()
    varied = points[0].varied if points else "width"
    for place, (name, quantity) in enumerate(curves):
        found = over_seeds(points, quantity, geometric=log)
        _with_errors(figure, found, name, PALETTE[place], varied == "decay")
    laid_out(figure, NAMES[varied], y, legend=len(curves) > 1)
    if varied == "decay":
        figure.update_xaxes(type="category")
    else:
        figure.update_xaxes(type="log", tickvals=sorted({point.value for point in points}), tickformat="~g")
    if log:
        _log_axis(figure)
    else:
        figure.update_yaxes(rangemode="tozero", tickformat=".0%")
    return figure


def _with_errors(
    figure: go.Figure, found: Sequence[OverSeeds], name: str, colour: str, names: bool = False
) -> None:
    figure.add_scatter(
        x=[f"{one.value:g}" if names else one.value for one in found],
        y=[one.mean for one in found],
        error_y={
            "array": [one.high - one.mean for one in found],
            "arrayminus": [one.mean - one.low for one in found],
            "thickness": 1.5,
            "width": 4,
        },
        name=name,
        mode="lines+markers",
        line={"color": colour},
        marker={"size": 8},
        hovertemplate="%{y:.3g} at %{x}<extra></extra>",
    )


def sweep_rows(points: Sequence[SweepPoint]) -> Rows:
    """Return the numbers behind the figures of a sweep, seed by seed."""
    return [dict(vars(point)) for point in points]


@dataclass(frozen=True, kw_only=True)
class DeepCurve:
    """A line of deep_figure: the drift at each t, in distances to the boundary. bold: drawn thicker."""

    name: str
    t: tuple[float, ...]
    drift: tuple[float, ...]
    bold: bool = False


def deep_rows(records: Sequence[DeepRecord]) -> Rows:
    """Return the numbers behind deep_figure, image by image and step by step."""
    return [
        {
            "network": record.model,
            "image": record.image,
            "predicted": record.predicted,
            "reached": record.reached,
            "length": record.length,
            "gradient_off": record.off,
            "step": t,
            "margin": record.value[i],
            "drift": record.drift[i],
            "cosine": record.cosine[i],
            "random_drift": record.random_drift[i],
        }
        for record in records
        if record.reached is not None
        for i, t in enumerate(DEEP_T)
    ]


def deep_figure(curves: Sequence[DeepCurve]) -> go.Figure:
    """Return the drift along steps down the gradient for several networks. curves: in their order."""
    figure = go.Figure()
    for place, curve in enumerate(curves):
        figure.add_scatter(
            x=list(curve.t),
            y=list(curve.drift),
            name=curve.name,
            mode="lines+markers",
            line={
                "color": PALETTE[place % len(PALETTE)],
                "width": 4 if curve.bold else 2,
                "dash": DASHES[place // len(PALETTE) % len(DASHES)],
            },
            marker={"size": 6},
            hovertemplate="%{y:.1%}",
        )
    mark(figure, 1)
    laid_out(figure, STEP_AXIS, "drift of the gradient", height=380 + 16 * len(curves))
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(rangemode="tozero", tickformat=".0%")
    return figure
