"""What stands below the first screen: drawn once that is there, so as not to delay the example."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from malt_core.storage.assets import assets_folder

_idle = st.components.v2.component(
    "malt_idle",
    html='<i class="malt-idle"></i>',
    js=(assets_folder() / "idle" / "idle.js").read_text("utf-8"),
)


def draw_below(page: str, draw: Callable[[], None]) -> None:
    """Draw the rest of a page. When a tab opens that page for the first time, this waits until the browser
    has drawn what is above: tables, Plotly's charts and boxes of code are megabytes of program each. A page's
    first figure is therefore a component of ours, such as ui/widgets/first_figure.py.

    page: any name of it. What `draw` draws is a fragment: its widgets run it alone again.
    """
    st.fragment(_draw)(page, draw)


def _draw(page: str, draw: Callable[[], None]) -> None:
    opened: set[str] = st.session_state.setdefault("opened", set())
    if page in opened:
        draw()
    else:
        _idle(key="idle", on_idle_change=lambda: opened.add(page))
