"""A heading that explains itself."""

from __future__ import annotations

import streamlit as st

from ui.widgets.embed import embedded


def heading(title: str, explanation: str) -> None:
    """A heading with its "What am I looking at?" beside it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {title}", width="content", anchors=False)
        if embedded():
            return
        with st.popover("What am I looking at?", type="tertiary", icon=":material/help:"):
            st.markdown(explanation)
