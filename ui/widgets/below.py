"""What stands below the first screen: drawn once that is there, so as not to delay the example."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from malt_core.storage.assets import assets_folder
from ui.widgets.embed import embedded

_idle = st.components.v2.component(
    "malt_idle",
    html='<i class="malt-idle"></i>',
    js=(assets_folder() / "idle" / "idle.js").read_text("utf-8"),
)
_plotly = st.components.v2.component(
    "malt_plotly", html="<i></i>", js=(assets_folder() / "idle" / "plotly.js").read_text("utf-8")
)
PLOTLY = "plotly"  # what stands for it among the pages that were opened


def _nothing() -> None:
    pass


def draw_below(
    page: str, draw: Callable[[], None], before: Callable[[], None] = _nothing, *, main: bool = False
) -> None:
    """Draw the rest of a page. When a tab opens that page for the first time, this waits until the browser
    has drawn what is above: tables, Plotly's charts and boxes of code are megabytes of program each. A page's
    first figure is therefore a component of ours, such as ui/widgets/first_figure.py.

    page: any name of it. before: draws what stands there meanwhile. What `draw` draws is a fragment: its
    widgets run it alone again. An embedded page is its first screen only; main: what is below belongs to it.
    """
    if embedded() and not main:
        before()
        return
    st.fragment(_draw)(page, draw, before)


def _draw(page: str, draw: Callable[[], None], before: Callable[[], None]) -> None:
    if page in _opened():
        draw()
    else:
        before()
        _idle(key="idle", on_idle_change=lambda: _opened().add(page))


def draw_with_plotly(draw: Callable[[], None], before: Callable[[], None]) -> None:
    """Draw a chart of Plotly where another picture of the same stood, once a chart of the page is there.

    In what draw_below draws, above that other chart: its place would be empty for seconds otherwise.
    """
    if PLOTLY in _opened():
        draw()
    else:
        before()
        _plotly(key="plotly_there", on_there_change=lambda: _opened().add(PLOTLY))


def _opened() -> set[str]:
    return st.session_state.setdefault("opened", set())
