"""The pages of the app, in one table: file, title, icon and settings."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.navigation.page import Page

from ui.attack.link import AttackSettings
from ui.benchmark.link import BenchmarkSettings
from ui.race.link import RaceSettings
from ui.widgets.form import menu_address

PAGES = (
    ("pages/attack.py", "Attack", ":material/bolt:", AttackSettings),
    ("pages/race.py", "Race", ":material/sports_score:", RaceSettings),
    ("pages/benchmark.py", "Benchmark", ":material/leaderboard:", BenchmarkSettings),
)


def _pages() -> list[Page]:
    """The pages that the menu leads to, each at the address that this tab spelt, as /Race or /attack.

    Streamlit knows but one spelling of a page's address, and none but "/" for the first page. Were the tab
    led from its own spelling to another, the browser's Back would lead to that again and never beyond it.
    """
    path = urllib.parse.urlsplit(st.context.url or "").path
    asked = st.session_state.setdefault("asked", path.rstrip("/").rpartition("/")[2])
    return [
        st.Page(
            file, title=title, icon=icon, url_path=asked if asked.casefold() == title.casefold() else None
        )
        for file, title, icon, _ in PAGES
    ]


@contextmanager
def navigation() -> Iterator[Page]:
    """Draw the menu around the page that is to be shown.

    Its links hold the settings of the pages that they lead to. So a click leaves one entry in the browser's
    history: a page that wrote its settings into the address only when it is drawn would leave a second one.
    Since the page may change them, they are drawn again after it.
    """
    pages = _pages()
    file, title, *_ = PAGES[0]
    home = st.Page(file, title=title, default=True, url_path="start", visibility="hidden")
    spelt = pages[0].url_path == st.session_state.asked != ""
    shown = st.navigation([home, *pages] if spelt else pages, position="hidden")
    with st.container(key="navigation", horizontal=True, gap="small", wrap=False):
        places = [st.empty() for _ in pages]

    def draw() -> None:
        for place, page, (*_, settings) in zip(places, pages, PAGES, strict=True):
            place.page_link(page, query_params=menu_address(settings))

    draw()
    yield shown
    draw()
