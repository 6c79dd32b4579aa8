"""A figure that is there at once, for the first screen of a page: Plotly's program has five megabytes."""

from __future__ import annotations

import streamlit as st

from malt_core.storage.assets import assets_folder

_figure = st.components.v2.component(
    "malt_figure",
    html='<div class="malt-figure-place"></div>',
    js=(assets_folder() / "figure" / "figure.js").read_text("utf-8"),
)


def show_first_figure(html: str, key: str) -> None:
    """Draw what malt_core/svg_plot.py returns (st.html would drop it). key: of the element, once a page."""
    with st.container(key=key):
        _figure(key=f"{key}_drawn", data=html)
