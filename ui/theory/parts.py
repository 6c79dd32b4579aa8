"""What every view of the page is made of: what a paper says, what the experiment shows, what is below."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.theory import glossary
from ui.widgets.embed import embedded

Below = Callable[[Callable[[], None]], None]
"""What draws the part of a view that stands below its first screen."""


def paper(text: str, *, main: bool = False) -> None:
    """Draw what a paper says, marked as such. main: an embedded page has it, too."""
    if embedded() and not main:
        return
    with st.container(border=True):
        st.badge(glossary.PAPER, icon=":material/menu_book:", color="violet")
        st.markdown(text)


def seen(*sentences: str) -> None:
    """Draw what the experiment shows, marked as such."""
    st.badge(glossary.SEEN, icon=":material/science:", color="blue")
    if said := " ".join(filter(None, sentences)):
        st.markdown(said)
