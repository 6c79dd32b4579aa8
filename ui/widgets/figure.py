"""A Plotly figure with what one takes away of it: PNG (the browser's), HTML, and its numbers as CSV.

Every page that draws a figure of numbers calls show_figure, and has all three. The files are made on the
click, by malt_core/export/figures.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.widgets.markdown import plain

if TYPE_CHECKING:
    import plotly.graph_objects as go  # takes a while to import, and first screens are without it

Rows = Sequence[Mapping[str, Any]]
"""A table: one mapping a row, from the column's name to its value; None for what is not known."""


def show_figure(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    title: str,
    rows: Rows,
    caption: str = "",
    on_click: Callable[[], None] | None = None,
) -> None:
    """Draw a figure, its caption and its downloads.

    key: of the chart, and the name of the files; alt: what it shows, for those who do not see it. title: what
    it shows, as a headline of the HTML page. rows: the numbers behind it. caption: plain text, no Markdown.
    on_click: called when points are chosen by a click; `chosen_point` tells which.
    """
    from malt_core.export.figures import config

    selection: dict[str, Any] = {"on_select": on_click, "selection_mode": "points"} if on_click else {}
    st.plotly_chart(figure, key=key, config=config(_name(key)), alt=alt, **selection)
    if caption:
        st.caption(plain(caption))
    offer_files(figure, key=key, title=title, rows=rows, caption=caption)


def offer_files(figure: go.Figure, *, key: str, title: str, rows: Rows, caption: str = "") -> None:
    """Draw the downloads alone, for a figure that stands above in another form. All as in show_figure."""
    from malt_core.export.figures import csv_text, figure_html

    name = _name(key)
    how: dict[str, Any] = {"on_click": "ignore", "icon": ":material/download:", "type": "tertiary"}
    with st.container(horizontal=True, gap="small", key=f"{key}_files"):
        st.download_button(
            "HTML",
            lambda: figure_html(figure, name=name, title=title, caption=caption),
            f"{name}.html",
            "text/html",
            key=f"{key}_html",
            help="This figure as one page that needs no network; its camera saves a PNG, too.",
            **how,
        )
        st.download_button(
            "CSV",
            lambda: csv_text(rows),
            f"{name}.csv",
            "text/csv",
            key=f"{key}_csv",
            help="The numbers behind this figure, with all their digits.",
            **how,
        )


def _name(key: str) -> str:
    return f"malt-{key.replace('_', '-')}"


def chosen_point(key: str) -> Any:
    """Return the first number of `customdata` of the point that was chosen in a figure, None for none."""
    points = st.session_state[key]["selection"]["points"]
    return points[0]["customdata"][0] if points else None
