"""The pages of the app, in one table: file, title, icon, settings and section.

The menu names each section once, and leads to the page of it that was seen last. The others are one click
away from there: a row of links to all of them stands at the top of each. Streamlit's own sections are menus
that fold, so that nobody sees what is beside a page.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import Page
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.address.parameters import PageSettings
from ui.answers.link import AnswersSettings
from ui.attack.link import AttackSettings
from ui.benchmark.link import BenchmarkSettings
from ui.defences.link import DefencesSettings
from ui.linearity.link import LinearitySettings
from ui.own.link import OwnSettings
from ui.race.link import RaceSettings
from ui.targets.link import TargetsSettings
from ui.theory.link import TheorySettings
from ui.transfer.link import TransferSettings
from ui.widgets.embed import embedded
from ui.widgets.form import menu_address

WHY = "Why it works"
TRAVEL = "Defences"
SECTIONS = {WHY: ":material/lightbulb:", TRAVEL: ":material/shield:"}
"""The sections, and the icon of each."""


class Row(NamedTuple):
    """One page. section: "" for a page that stands in the menu by itself."""

    file: str
    title: str
    icon: str
    settings: type[PageSettings]
    section: str = ""


PAGES = (
    Row("pages/attack.py", "Attack", ":material/bolt:", AttackSettings),
    Row("pages/race.py", "Race", ":material/sports_score:", RaceSettings),
    Row("pages/benchmark.py", "Benchmark", ":material/leaderboard:", BenchmarkSettings),
    Row("pages/targets.py", "Targets", ":material/my_location:", TargetsSettings, WHY),
    Row("pages/linearity.py", "Linearity", ":material/show_chart:", LinearitySettings, WHY),
    Row("pages/theory.py", "Theory", ":material/functions:", TheorySettings, WHY),
    Row("pages/defences.py", "Defences", ":material/shield:", DefencesSettings, TRAVEL),
    Row("pages/transfer.py", "Transfer", ":material/move_up:", TransferSettings, TRAVEL),
    Row("pages/answers.py", "Answers", ":material/forum:", AnswersSettings, TRAVEL),
    Row("pages/own.py", "Own network", ":material/upload_file:", OwnSettings),
)


def _pages() -> dict[str, Page]:
    """The pages that the menu leads to, by title, each at the address that this tab spelt: /Race or /attack.

    Streamlit knows but one spelling of a page's address, and none but "/" for the first page. Were the tab
    led from its own spelling to another, the browser's Back would lead to that again and never beyond it.
    """
    path = urllib.parse.urlsplit(st.context.url or "").path
    asked = st.session_state.setdefault("asked", path.rstrip("/").rpartition("/")[2])
    return {
        row.title: st.Page(
            row.file,
            title=row.title,
            icon=row.icon,
            url_path=asked if asked.casefold() == Path(row.file).stem else None,
        )
        for row in PAGES
    }


def _drop_fragments() -> None:
    """Forget the fragments of the page that was shown.

    What still asks for one of them, after the click in the menu and before the browser has heard of the new
    page, names the old page. Streamlit would obey after the new one is drawn: the old page is the one that is
    shown then, by its address, and its place is empty.
    """
    get_script_run_ctx().fragment_storage.clear()


@contextmanager
def navigation() -> Iterator[Page]:
    """Draw the menu around the page that is to be shown.

    Its links hold the settings of the pages that they lead to. So a click leaves one entry in the browser's
    history: a page that wrote its settings into the address only when it is drawn would leave a second one.
    Since the page may change them, they are drawn again after it.
    """
    pages = _pages()
    first = PAGES[0]
    home = st.Page(first.file, title=first.title, default=True, url_path="start", visibility="hidden")
    spelt = pages[first.title].url_path == st.session_state.asked != ""
    shown = st.navigation([home, *pages.values()] if spelt else [*pages.values()], position="hidden")
    if st.session_state.get("shown") != shown.title:
        _drop_fragments()
    st.session_state.shown = shown.title
    seen = st.session_state.setdefault("seen", {})  # by section, the title of its page that was seen last
    (row,) = (row for row in PAGES if row.title == shown.title)
    if row.section:
        seen[row.section] = row.title
    if embedded():
        yield shown
        return
    menu, beside = menu_rows(PAGES, seen), rows_beside(PAGES, row)
    with st.container(key="navigation", horizontal=True, gap="small", wrap=False):
        places = [(st.empty(), row, True) for row in menu]
    if beside:
        with st.container(key="section", horizontal=True, gap="small"):
            places += [(st.empty(), row, False) for row in beside]

    def draw() -> None:
        for place, row, in_menu in places:
            of_section = in_menu and row.section
            place.page_link(
                pages[row.title],
                label=row.section if of_section else None,
                icon=SECTIONS[row.section] if of_section else None,
                query_params=menu_address(row.settings),
            )

    draw()
    yield shown
    draw()


def menu_rows(rows: Sequence[Row], seen: Mapping[str, str]) -> list[Row]:
    """The pages that the menu leads to: of each section the one that was seen last, else its first.

    seen: by section, the title of the page that was seen last.
    """
    found: dict[str, Row] = {}
    for row in rows:
        name = row.section or row.title
        if name not in found or seen.get(row.section) == row.title:
            found[name] = row
    return [*found.values()]


def rows_beside(rows: Sequence[Row], shown: Row) -> list[Row]:
    """The pages of the section that the shown one belongs to, itself among them; none where it is alone."""
    found = [row for row in rows if row.section and row.section == shown.section]
    return found if len(found) > 1 else []
