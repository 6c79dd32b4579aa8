"""A page that is returned to by the navigation finds the address, and so the settings, it was left with."""

from __future__ import annotations

import streamlit as st


def enter(page: str) -> None:
    """Put back the address of the page that is being drawn, if another one was shown before it.

    Streamlit forgets a page's widgets, and the navigation its address, once another page is shown. Without a
    st.session_state.address, which this takes away then, a page fills its widgets anew (see ui/settings.py).
    """
    state = st.session_state
    if state.get("page") == page:
        return
    left = state.setdefault("addresses_left", {})
    if "page" in state:
        left[state.page] = state.pop("address", {})
    state.page = page
    if not st.query_params and page in left:
        st.query_params.from_dict(left[page])
