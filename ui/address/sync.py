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
    set to them; whoever has done that says so by `followed`, since a run can be interrupted at any point.

    Streamlit forgets a page's widgets, and the navigation its address, once another page is shown: a page
    that is returned to by the navigation finds the address that it was left with.
    """
    state = st.session_state
    left = state.setdefault("addresses_left", {})
    if state.get("page") != page:
        if "address" in state:
            left[state.page] = state.address
            del state.address
        state.page = page
    params = st.query_params.to_dict()
    if "address" not in state:
        return params or left.get(page, {}), True
    if get_script_run_ctx().is_history_navigation:
        return params, params != state.address
    return state.address, False


def followed(params: dict[str, str]) -> None:
    """The widgets say now what this address says."""
    st.session_state.address = params
    if st.query_params.to_dict() != params:
        st.query_params.from_dict(params)
