"""The pages of the app, in one table: file, title and icon."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

PAGES = (
    ("pages/attack.py", "Attack", ":material/bolt:"),
    ("pages/race.py", "Race", ":material/sports_score:"),
    ("pages/benchmark.py", "Benchmark", ":material/leaderboard:"),
)


def navigation() -> Page:
    """Draw the menu and return the page that is to be shown."""
    pages = [st.Page(file, title=title, icon=icon) for file, title, icon in PAGES]
    shown = st.navigation(pages, position="hidden")
    with st.container(key="navigation", horizontal=True, gap="small", wrap=False):
        for page in pages:
            st.page_link(page)
    return shown
