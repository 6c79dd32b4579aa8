"""The frame of a page: introduction, settings beside the results, complaints, a link.

On a phone the results come first, the settings below them.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.address.common import OWN
from ui.address.parameters import PageSettings
from ui.style import apply_style
from ui.widgets.embed import apply_embedded_style, embedded
from ui.widgets.markdown import plain

OWN_PICTURE = "A link cannot hold a picture of your own: send it along with the settings."
OWN_PICTURES = "A link cannot hold pictures of your own: send them along."


GIVEN_AGAIN = (
    " your own network is not in it, and has to be given again on the page Own network by whoever opens it."
)


def open_page(title: str, introduction: str) -> None:
    """Say what the page is about; an embedded one has its title only."""
    apply_style()
    if embedded():
        apply_embedded_style()
    with st.container(key="opening"):
        st.title(title, anchor=False)
        if not embedded():
            st.markdown(introduction)


def columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """A narrow column for the settings and a wide one for results; see ui/style.py for their widths.

    The settings come first for those who listen to the page or go through it by keys.
    """
    left, right = st.columns([1, 3], gap="medium")
    settings, results = left.container(key="settings", gap="small"), right.container(key="results")
    if embedded():
        return settings, results
    results.html('<a class="to-settings" href="#settings">Settings</a>')
    settings.html('<div id="settings"></div>')
    return settings, results


def complain(complaints: Iterable[str]) -> None:
    """Say in one box what could not be used; names in it are shown as they are."""
    said = [plain(complaint) for complaint in complaints]
    if said:
        st.warning(said[0] if len(said) == 1 else "\n".join(f"- {complaint}" for complaint in said))


def link_of(settings: PageSettings, path: str = "", *, run: bool = True) -> str:
    """The whole address of these settings, as the browser has to type it. run: it starts what they ask."""
    return f"{(st.context.url or '').rstrip('/')}{path}?{settings.query(st.session_state.hidden, run=run)}"


def show_link(link: str | None, what: str, otherwise: str) -> None:
    """Draw a link to copy. what: it is a link to; otherwise: what to say where there can be none."""
    if embedded():
        return
    if link is None:
        st.caption(otherwise)
    else:
        st.caption(f"{what} as a link:{GIVEN_AGAIN if f'model={OWN}' in link else ''}")
        st.code(link, language=None, wrap_lines=True)


def scroll_to_running() -> None:
    """On a phone, where the settings stand below the result, bring the attack that has begun into view."""
    st.html(
        "<script>if (innerWidth <= 640) document.querySelector('.st-key-running')?.scrollIntoView()</script>",
        unsafe_allow_javascript=True,
    )
