"""The address of a page: which one its widgets are to follow, and how theirs is written.

What the browser sends along with a click is the address that it shows at that moment. That may be older than
what was written last, when the click is quicker than the line: so a page goes by what it last followed or
wrote, and follows the browser's in a fresh tab, on coming from another page, and after Back or Forward.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def enter(page: str) -> tuple[dict[str, str], bool]:
    """The parameters of the address of the page that is being drawn, and whether its widgets have yet to be
    set to them.

    Streamlit forgets a page's widgets, and the navigation its address, once another page is shown: a page
    that is returned to by the navigation finds the address that it was left with.
    """
    state = st.session_state
    left = state.setdefault("addresses_left", {})
    fresh = state.get("page") != page
    if fresh:
        if "page" in state:
            left[state.page] = state.address
        state.page = page
        if not st.query_params and page in left:
            st.query_params.from_dict(left[page])
    if fresh or get_script_run_ctx().is_history_navigation:
        params = st.query_params.to_dict()
        new = fresh or params != state.address
        state.address = params
        return params, new
    return state.address, False


def write(params: dict[str, str]) -> None:
    """Write an address that the widgets follow already."""
    st.session_state.address = params
    st.query_params.from_dict(params)
