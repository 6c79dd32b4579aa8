"""The frame of a page: introduction, settings on the left, results on the right, complaints, a link."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.address.parameters import PageSettings
from ui.style import apply_style
from ui.widgets.markdown import plain


def open_page(title: str, introduction: str) -> None:
    """Say what the page is about."""
    apply_style()
    st.title(title, anchor=False)
    st.markdown(introduction)


def columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """A narrow column for the settings and a wide one for results."""
    left, right = st.columns([1, 2.4], gap="large")
    return left, right


def complain(complaints: Iterable[str]) -> None:
    """Say what could not be used; names in it are shown as they are."""
    for complaint in complaints:
        st.warning(plain(complaint))


def link_of(settings: PageSettings, path: str = "") -> str:
    """The whole address that shows the result of these settings, as the browser would have to type it."""
    return f"{(st.context.url or '').rstrip('/')}{path}?{settings.query(st.session_state.hidden)}"


def show_link(link: str | None, what: str, otherwise: str) -> None:
    """Draw a link to copy. what: it is a link to; otherwise: what to say where there can be none."""
    if link is None:
        st.caption(otherwise)
    else:
        st.caption(f"{what} as a link:")
        st.code(link, language=None, wrap_lines=True)


def scroll_to_running() -> None:
    """On a phone, where the settings stand above the result, bring the attack that has begun into view."""
    st.html(
        "<script>if (innerWidth <= 640) document.querySelector('.st-key-running')?.scrollIntoView()</script>",
        unsafe_allow_javascript=True,
    )
