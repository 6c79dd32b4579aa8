"""Accuracy against radius, and the bounds of a two-layer network, drawn with Plotly. No torch."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from malt_core.certificates.types import CertifiedRecord, in_linf
from malt_core.figure_style import PALETTE, QUIET
from malt_core.share import Share

FOUND, PROVEN = PALETTE[1], PALETTE[0]
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def curve_figure(record: CertifiedRecord) -> go.Figure:
    """Return the share that is right for certain against the L2 radius, and what attacks left of it."""
    corners, ceiling = record.steps(), record.config.ceiling
    figure = go.Figure()
    figure.add_scatter(
        x=[x for x, _ in corners],
        y=[100 * y for _, y in corners],
        name="proven",
        mode="lines",
        line={"color": PROVEN, "width": 3},
        hovertemplate="within %{x:.3f}: %{y:.1f}% proven<extra></extra>",
    )
    if record.attacked:
        shares = [Share(count=point.left, of=point.of) for point in record.attacked]
        figure.add_scatter(
            x=[point.radius for point in record.attacked],
            y=[100 * share.value for share in shares],
            error_y={
                "type": "data",
                "array": [100 * (share.interval[1] - share.value) for share in shares],
                "arrayminus": [100 * (share.value - share.interval[0]) for share in shares],
            },
            name="left by the attack",
            mode="markers",
            marker={"color": FOUND, "symbol": "diamond", "size": 10},
            hovertemplate="at %{x:.3f}: %{y:.1f}% left<extra></extra>",
        )
    figure.add_vline(
        x=ceiling,
        line={"color": QUIET, "dash": "dot"},
        annotation={"text": f"most that {record.config.samples:,} samples certify", "xanchor": "right"},
    )
    end = 1.08 * max([ceiling, *(point.radius for point in record.attacked)])
    figure.update_xaxes(title="L2 radius", range=[0, end], zeroline=False)
    figure.update_yaxes(title="images right, %", range=[0, 103])
    figure.update_layout(height=380, margin={"l": 60, "r": 16, "t": 56, "b": 56}, legend=LEGEND)
    return figure


def curve_rows(record: CertifiedRecord) -> list[dict[str, Any]]:
    """Return the table behind it: one row an image."""
    return [
        {
            "image": image.name,
            "label": image.label,
            "answer": None if image.abstained else image.certificate.answer,
            "radius": image.certificate.radius,
            "linf": in_linf(image.certificate.radius, record.dimension),
            "agreed": image.certificate.count,
            "samples": record.config.samples,
        }
        for image in record.images
    ]
