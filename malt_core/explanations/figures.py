"""The Plotly figures of the explanations. No torch, no Streamlit: records go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from malt_core.explanations.marks import BOTH, MALT, MARKS, NAIVE, marked, unit
from malt_core.explanations.record import (
    SHOWN_RANKS,
    ClassesRecord,
    DistancesRecord,
    RanksRecord,
)
from malt_core.explanations.types import LogitStep
from malt_core.figure_style import CROWD
from malt_core.types import NamedClass

MISSED = "#888888"
FAR = 1.04  # how far above the largest distance a class stands that was not reached


def classes_figure(record: ClassesRecord) -> go.Figure:
    """Return every candidate as a point: its place by confidence against MALT's predicted distance.

    customdata of each point begins with the class's index.
    """
    factor, name = unit(record.norm)
    figure = go.Figure()
    for mark in MARKS:
        points = [one for one in record.candidates if marked(one) == mark.whose and one.predicted is not None]
        figure.add_scatter(
            x=[one.confidence_rank for one in points],
            y=[one.predicted * factor for one in points],
            customdata=[
                [one.index, one.name, one.margin, one.gradient_norm, one.rank, one.confidence_rank]
                for one in points
            ],
            name=mark.words,
            mode="markers",
            marker={
                "symbol": mark.symbol + ("" if mark.whose else "-open"),
                "size": mark.size,
                "color": mark.colour,
                "line": {"width": 1.5, "color": mark.colour},
            },
            hovertemplate=(
                "<b>%{customdata[1]}</b><br>predicted distance %{y:.3g}<br>margin %{customdata[2]:.3g} logits"
                "<br>gradient norm %{customdata[3]:.3g}<br>rank: MALT %{customdata[4]}, confidence "
                "%{customdata[5]}<extra></extra>"
            ),
        )
    _frame(figure, 420)
    figure.update_layout(clickmode="event+select", dragmode=False)
    figure.update_xaxes(title="place by confidence (1: the likeliest)", range=[-1, record.total + 2])
    figure.update_yaxes(title=f"predicted distance ({name})", rangemode="tozero")
    return figure


def distances_figure(record: DistancesRecord) -> go.Figure:
    """Return predicted against reached distance, a point for each class, and where the two are equal."""
    factor, name = unit(record.norm)
    known = [one for one in record.distances if one.predicted is not None]
    values = [v for one in known for v in (one.predicted, one.reached) if v is not None]
    least, most = (f * edge(values, default=0.5) * factor for f, edge in ((0.9, min), (1.08, max)))
    figure = go.Figure()
    figure.add_scatter(
        x=[least, most],
        y=[least, most],
        name="as predicted",
        mode="lines",
        line={"color": CROWD, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    for wins, legend, symbol, colour in (
        (True, "the network answers it there", "circle", MALT),
        (False, "a third class is ahead of both there", "diamond-open", NAIVE),
    ):
        points = [one for one in known if one.reached is not None and one.wins == wins]
        figure.add_scatter(
            x=[one.predicted * factor for one in points],
            y=[one.reached * factor for one in points],
            text=[one.name for one in points],
            customdata=[[one.confidence_rank] for one in points],
            name=legend,
            mode="markers",
            marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2, "color": colour}},
            hovertemplate="<b>%{text}</b><br>predicted %{x:.3g}, reached %{y:.3g}<br>place by confidence "
            "%{customdata[0]}<extra></extra>",
        )
    if missed := [one for one in known if one.reached is None]:
        figure.add_scatter(
            x=[one.predicted * factor for one in missed],
            y=[most * FAR] * len(missed),
            text=[one.name for one in missed],
            name="not reached",
            mode="markers",
            marker={"symbol": "triangle-up-open", "size": 12, "color": MISSED},
            hovertemplate="<b>%{text}</b><br>predicted %{x:.3g}, not reached<extra></extra>",
        )
    _frame(figure, 420)
    figure.update_xaxes(title=f"predicted distance ({name})", range=[least, most])
    figure.update_yaxes(title=f"distance reached ({name})", range=[least, most * (1.08 if missed else 1)])
    return figure


def ranks_figure(record: RanksRecord) -> go.Figure:
    """Return how many images fell at which place of either order, among those that it fooled."""
    places = [*map(str, range(1, SHOWN_RANKS + 1)), f"{SHOWN_RANKS + 1} to {record.n_targets}"]
    figure = go.Figure()
    for key, legend, colour in (("malt", "MALT's order", MALT), ("naive", "order of confidence", NAIVE)):
        bars = record.histogram()[key]
        total = sum(bars)
        figure.add_bar(
            x=places,
            y=[100 * bar / total if total else 0 for bar in bars],
            text=[str(bar) for bar in bars],
            name=legend,
            marker={"color": colour},
            hovertemplate=f"{legend}, place %{{x}}: %{{text}} of {total} images (%{{y:.1f}}%)<extra></extra>",
            textposition="outside",
            cliponaxis=False,
        )
    _frame(figure, 380)
    figure.update_layout(barmode="group")
    figure.update_xaxes(title="place of the class that did it", type="category")
    figure.update_yaxes(title="images that it fooled (%)", range=[0, 108])
    return figure


def logits_figure(
    trace: Sequence[LogitStep], label: NamedClass, likeliest: NamedClass, nearest: NamedClass, steps: int
) -> go.Figure:
    """Return all logits along two attacks, one above the other: on the likeliest class and on MALT's first.

    steps: how many there will be.
    """
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=(
            f"aimed at the likeliest wrong class: {likeliest.name}",
            f"aimed at MALT's first: {nearest.name}",
        ),
    )
    named = {one.index: one.name for one in (likeliest, nearest, label)}
    colours = {likeliest.index: NAIVE, nearest.index: MALT, label.index: BOTH}
    x = [step.step for step in trace]
    for row in (0, 1):
        logits = list(zip(*(step.logits[row] for step in trace), strict=True))
        crowd_x: list[int | None] = []
        crowd_y: list[float | None] = []
        for index, values in enumerate(logits):
            if index not in named:
                crowd_x += [*x, None]
                crowd_y += [*values, None]
        place = {"row": row + 1, "col": 1}
        figure.add_scatter(
            x=crowd_x,
            y=crowd_y,
            name="all other classes",
            mode="lines",
            line={"color": CROWD, "width": 0.5},
            opacity=0.6,
            hoverinfo="skip",
            showlegend=row == 0,
            **place,
        )
        for index, name in named.items():
            if logits:
                figure.add_scatter(
                    x=x,
                    y=logits[index],
                    name=name,
                    mode="lines",
                    line={"color": colours[index], "width": 2.5},
                    hovertemplate=f"{name}: %{{y:.2f}}<extra></extra>",
                    showlegend=row == 0,
                    legendgroup=str(index),
                    **place,
                )
    _frame(figure, 620)
    figure.update_layout(margin={"t": 64}, legend={"y": 1.08})
    figure.update_xaxes(title="step", range=[0, steps], row=2, col=1)
    figure.update_xaxes(range=[0, steps], row=1, col=1)
    figure.update_yaxes(title="logit")
    return figure


def _frame(figure: go.Figure, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 56, "r": 12, "t": 40, "b": 48},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        showlegend=True,
        hovermode="closest",
        hoverlabel={"namelength": -1},
        uirevision="keep",
    )
    figure.update_xaxes(fixedrange=True, zeroline=False)
    figure.update_yaxes(fixedrange=True, zeroline=False, ticklabelstandoff=6)


def classes_rows(record: ClassesRecord) -> list[Mapping[str, object]]:
    """Return the numbers of classes_figure as a table."""
    return [
        {
            "class": one.name,
            "index": one.index,
            "rank": one.rank,
            "confidence_rank": one.confidence_rank,
            "margin": one.margin,
            "gradient_norm": one.gradient_norm,
            "predicted_distance": one.predicted,
        }
        for one in record.candidates
    ]


def distances_rows(record: DistancesRecord) -> list[Mapping[str, object]]:
    """Return the numbers of distances_figure as a table."""
    return [
        {
            "class": one.name,
            "index": one.index,
            "confidence_rank": one.confidence_rank,
            "predicted": one.predicted,
            "reached": one.reached,
            "answers_target": one.wins,
            "steps": one.steps,
        }
        for one in record.distances
    ]


def ranks_rows(record: RanksRecord) -> list[Mapping[str, object]]:
    """Return what became of each image as a table, behind ranks_figure."""
    names = record.names
    return [
        {
            "index": image.index,
            "image": image.name,
            "label": names[image.label],
            "attacked": image.attacked,
            "malt_place": image.malt or None,
            "malt_target": names.get(image.malt_target),
            "confidence_place": image.naive or None,
            "confidence_target": names.get(image.naive_target),
        }
        for image in record.images
    ]


def logits_rows(
    trace: Sequence[LogitStep], likeliest: NamedClass, nearest: NamedClass, names: Sequence[str]
) -> list[Mapping[str, object]]:
    """Return the logits of logits_figure as a table, a row for each step of each attack."""
    return [
        {
            "aimed_at": aim.name,
            "step": step.step,
            **{
                f"{index} {name}": value
                for index, (name, value) in enumerate(zip(names, logits, strict=True))
            },
        }
        for step in trace
        for aim, logits in zip((likeliest, nearest), step.logits, strict=True)
    ]
