"""The numbers of a figure as CSV, and how Plotly shows it. No torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]
"""A table: one mapping a row, from the column's name to its value; None for what is not known."""


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
