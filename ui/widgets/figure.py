"""A Plotly figure, which can be taken away: see ui/widgets/take_away.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from malt_core.export.take_away import Taken, of_figure
from ui.widgets.markdown import plain
from ui.widgets.take_away import offer

if TYPE_CHECKING:
    import plotly.graph_objects as go  # takes a while to import, and first screens are without it

Rows = Sequence[Mapping[str, Any]]
"""A table: one mapping a row, from the column's name to its value; None for what is not known."""
QUIET = {"displayModeBar": False}
"""Plotly's configuration: no toolbar."""


def show_figure(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    title: str,
    about: str,
    rows: Rows,
    caption: str = "",
    on_click: Callable[[], None] | None = None,
) -> None:
    """Draw a figure and its caption, and offer its files.

    key: of the chart, and the name of the files; alt: what it shows, for those who do not see it. title: what
    it shows, as a headline of the files; about: of which network, ε and images, in a sentence. rows: the
    numbers behind it. caption: below it, on the page and in the files. All are plain text, no Markdown.
    on_click: called when points are chosen by a click; `chosen_point` tells which.
    """
    selection: dict[str, Any] = {"on_select": on_click, "selection_mode": "points"} if on_click else {}
    st.plotly_chart(figure, key=key, config=QUIET, alt=alt, **selection)
    if caption:
        st.caption(plain(caption))
    said = f"{caption} {about}".strip()
    offer(of_figure(figure, name=file_name(key), title=title, rows=rows, about=said, alt=alt))


def show_taken(figure: go.Figure, taken: Taken, *, key: str) -> None:
    """Draw a figure whose files are made already. All as in show_figure."""
    st.plotly_chart(figure, key=key, config=QUIET, alt=taken.alt)
    offer(taken)


def offer_table(key: str, title: str, rows: Rows, about: str) -> None:
    """Offer the numbers of a table that the page draws. All as in show_figure."""
    offer(Taken(name=file_name(key), title=f"Table: {title}", rows=rows, about=about))


def file_name(key: str) -> str:
    """Return how files are called, without the ending."""
    return f"malt-{key.replace('_', '-')}"


def chosen_point(key: str) -> Any:
    """Return the first number of `customdata` of the point that was chosen in a figure, None for none."""
    points = st.session_state[key]["selection"]["points"]
    return points[0]["customdata"][0] if points else None
