"""A figure and its numbers as files: one HTML page that needs no network, and a table as CSV. No torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

Rows = Sequence[Mapping[str, Any]]
"""A table: one mapping a row, from the column's name to its value; None for what is not known."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1f2430; max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
{figure}
<p>{caption}</p>
</body>
</html>
"""  # noqa: E501


def config(name: str) -> dict[str, Any]:
    """Return Plotly's configuration for a figure of which the browser saves a PNG.

    Its only button, which stays in sight, does that. name: of the file, without the ending.
    """
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }


def figure_html(figure: go.Figure, *, name: str, title: str, caption: str = "") -> str:
    """Return the figure as one HTML page with Plotly inside (5 MB): it works from a file, without network.

    name: of the PNG that the page offers, without the ending. title: what it shows, in a sentence; caption:
    what else there is to say below it. Both are text: nothing in them is markup.
    """
    shown = go.Figure(figure).update_layout(template="plotly_white")
    return _PAGE.format(
        title=escape(title),
        figure=shown.to_html(full_html=False, include_plotlyjs=True, config=config(name)),
        caption=escape(caption),
    )


def csv_text(rows: Rows) -> str:
    """Return the rows as CSV with a line of names on top: every column that any row has, "" for None.

    Numbers have all their digits, whatever the page rounds them to.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
