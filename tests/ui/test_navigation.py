"""The menu: pages of a section stand there under one name, and beside each other on each of them."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers.pages import open_app
from ui import navigation
from ui.navigation import WHY, Row, menu_rows, rows_beside
from ui.race.link import RaceSettings

ROWS = tuple(
    Row(f"pages/{title.lower()}.py", title, "", RaceSettings, section)
    for title, section in (("Attack", ""), ("Targets", WHY), ("Race", ""), ("Linearity", WHY))
)


def titles(rows: list[Row]) -> list[str]:
    return [row.title for row in rows]


def links(app: AppTest) -> list[tuple[str, str]]:
    """Label and address of the links to pages, in their order."""
    return [(link.proto.label, link.proto.page) for link in app.get("page_link")]


def test_a_section_stands_where_its_first_page_does_and_leads_to_the_one_seen_last():
    assert titles(menu_rows(ROWS, {})) == ["Attack", "Targets", "Race"]
    assert titles(menu_rows(ROWS, {WHY: "Linearity"})) == ["Attack", "Linearity", "Race"]


def test_beside_a_page_stand_those_of_its_section():
    assert titles(rows_beside(ROWS, ROWS[3])) == ["Targets", "Linearity"]
    assert rows_beside(ROWS, ROWS[0]) == []
    assert rows_beside(ROWS[:3], ROWS[1]) == []  # alone


def test_every_page_has_a_section_that_has_an_icon():
    assert {row.section for row in navigation.PAGES} - {""} <= set(navigation.SECTIONS)


def test_the_app_draws_the_section_as_one_link_and_its_pages_as_a_row(monkeypatch: pytest.MonkeyPatch):
    """Attack and Race are its pages here, so that the test does not hang on which others there are."""
    rows = [row._replace(section=WHY) for row in navigation.PAGES if row.title in ("Attack", "Race")]
    (other,) = (row for row in navigation.PAGES if row.title == "Answers")
    monkeypatch.setattr(navigation, "PAGES", (*rows, other._replace(section="")))
    app = open_app("attack")
    assert links(app) == [(WHY, ""), ("Answers", "answers"), ("Attack", ""), ("Race", "race")]
