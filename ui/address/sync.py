"""The address of each page of a tab: which one its widgets are to follow, and how theirs is written.

What the browser sends along with a click is the address that it shows at that moment. That may be older than
what was written last, when the click is quicker than the line. Worse: what one page has written can reach the
browser after Back or Forward has brought it to another, and then stands under the other's path, in the
browser's history, too. So a tab knows each page's address and goes by that. It follows the browser's when it
is fresh, and after Back or Forward, unless that address is another page's.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Way = Literal["link", "menu", "history"]
"""How a page was come to: by an address in a fresh tab, from another page, by Back or Forward."""


def enter(page: str, names: Collection[str]) -> tuple[dict[str, str], Way | None]:
    """The parameters of the address of the page that is being drawn, and how the page was come to, if its
    widgets have yet to be set to them; whoever has done that says so by `followed`, since a run can be
    interrupted at any point.

    names: the parameters that the page has.
    """
    state = st.session_state
    if "page" not in state:
        state.entering = "link"
    elif by_history():
        state.entering = "history"
    elif state.page != page:
        state.entering = "menu"
    state.page = page
    way: Way | None = state.get("entering")
    shown = st.query_params.to_dict()
    own = address(page)
    if way == "link":
        return shown, way
    if (way == "history" or own is None) and set(shown) <= set(names):
        return shown, way
    return own or {}, way


def address(page: str) -> dict[str, str] | None:
    """The address that this page shows, or was left with; None if this tab has not shown it."""
    return st.session_state.get("addresses", {}).get(page)


def followed(page: str, params: dict[str, str]) -> None:
    """The widgets of the page say now what this address says, and the browser is to show it.

    After Back or Forward it is told in any case: what it was told before may have reached it too late.
    """
    state = st.session_state
    state.setdefault("addresses", {})[page] = params
    state.entering = None
    if by_history() or st.query_params.to_dict() != params:
        st.query_params.from_dict(params)


def lead_to(page: str, params: dict[str, str]) -> None:
    """Have the page, when it is drawn next, follow this address."""
    state = st.session_state
    state.setdefault("addresses", {})[page] = params
    state.entering = "menu"


def by_history() -> bool:
    """Whether Back or Forward has led here."""
    return get_script_run_ctx().is_history_navigation
