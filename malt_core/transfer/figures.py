"""A transfer matrix and its comparisons as Plotly figures, with the numbers behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from malt_core.figure_style import PALETTE
from malt_core.transfer import words
from malt_core.transfer.first_figure import COMPARED, COMPARED_SEVERAL
from malt_core.transfer.record import TransferRecord
from malt_core.transfer.statistics import all_compared, matrix
from malt_core.transfer.types import Method

FULL = 0.55  # opacity of a share of 100%: words in the colour of the page stay readable on it


def matrix_figure(record: TransferRecord) -> go.Figure:
    """Return the matrix as a heat map: the share of images that fool the column's network."""
    cells = matrix(record)
    names = [words.short(network.id) for network in record.columns]
    rows = [words.short(network.id) for network in record.rows]
    red, green, blue = (int(PALETTE[1][i : i + 2], 16) for i in (1, 3, 5))
    figure = go.Figure(
        go.Heatmap(
            x=[f"{words.LETTERS[i]} {name}" for i, name in enumerate(names)],
            y=rows,
            z=[[one.share for one in line] for line in cells],
            text=[["–" if one.share is None else f"{one.share:.0%}" for one in line] for line in cells],
            texttemplate="%{text}",
            hovertext=[
                [words.in_cell(one, rows[i], names[j]) for j, one in enumerate(line)]
                for i, line in enumerate(cells)
            ],
            hoverinfo="text",
            colorscale=[
                [0, f"rgba({red},{green},{blue},0)"],
                [1, f"rgba({red},{green},{blue},{FULL})"],
            ],
            zmin=0,
            zmax=1,
            showscale=False,
        )
    )
    figure.update_layout(
        height=120 + 56 * len(rows), yaxis={"autorange": "reversed", "title": "made on"}, margin={"t": 20}
    )
    figure.update_xaxes(title="tried on")
    return figure


def comparisons_figure(record: TransferRecord) -> go.Figure | None:
    """Return the difference of every comparison with its interval; None where there is none."""
    if not (found := all_compared(record)):
        return None
    names = [COMPARED.get(one.what, COMPARED_SEVERAL) for one in found]
    means = [100 * one.difference.mean for one in found]
    ends = [
        (mean, mean) if one.difference.low is None or one.difference.high is None
        else (100 * one.difference.low, 100 * one.difference.high)
        for one, mean in zip(found, means, strict=True)
    ]  # fmt: skip
    figure = go.Figure()
    figure.add_scatter(
        x=means, y=names, mode="markers", marker={"color": PALETTE[0], "size": 12},
        error_x={
            "array": [high - mean for mean, (_, high) in zip(means, ends, strict=True)],
            "arrayminus": [mean - low for mean, (low, _) in zip(means, ends, strict=True)],
        },
    )  # fmt: skip
    figure.add_vline(x=0, line={"width": 1, "color": "#888", "dash": "dot"})
    figure.update_xaxes(title="difference in how often images travel, in points")
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def comparison_rows(record: TransferRecord) -> list[Mapping[str, Any]]:
    """Return the numbers behind comparisons_figure, shares of 1."""
    return [
        {
            "comparison": COMPARED.get(one.what, COMPARED_SEVERAL),
            "first": one.first,
            "second": one.second,
            "difference": one.difference.mean,
            "low": one.difference.low,
            "high": one.difference.high,
            "images": one.difference.images,
            "pairs": one.difference.pairs,
        }
        for one in all_compared(record)
    ]


def matrix_rows(record: TransferRecord) -> list[Mapping[str, Any]]:
    """Return the numbers behind every cell, for each way that single networks are attacked."""
    methods: tuple[Method, ...] = (
        "malt",
        *(one for one in ("naive", "momentum") if one in record.compare),
    )
    found = []
    for method in methods:
        for i, line in enumerate(matrix(record, method)):
            for j, one in enumerate(line):
                low, high = one.interval or (None, None)
                found.append(
                    {
                        "attack": method,
                        "made on": record.rows[i].id,
                        "tried on": record.columns[j].id,
                        "resized": record.resized(i, j),
                        "right on both": one.of,
                        "fooled": one.fooled,
                        "share": one.share,
                        "low": low,
                        "high": high,
                        "same wrong class": one.same,
                        "another wrong class": one.other,
                        "random noise": one.noise,
                        "L2": one.l2,
                        "L2 of noise": one.noise_l2,
                    }
                )
    return found
