"""Every page inside another one: its example alone, at the widths of an article and of a phone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ui.navigation import PAGES

pytestmark = pytest.mark.browser

LEFT_OUT = (
    ".st-key-navigation, .st-key-section, .st-key-settings, .to-settings, .st-key-take_away, "
    "[data-testid=stPopover], [data-testid=stFileUploader], [data-testid=stButton]"
)
"""What an embedded page has none of, in sight."""

PLACE = """() => {
  const main = document.querySelector(".stMain"), maker = document.querySelector(".st-key-maker");
  const end = document.querySelector(".stMainBlockContainer").getBoundingClientRect().bottom;
  return [main.scrollWidth - main.clientWidth, end - maker.getBoundingClientRect().bottom];
}"""
"""By how much it is too wide, and how much is empty below it, in pixels."""


def test_an_embedded_page_is_its_example_and_who_made_it(page: Page, server: subprocess.Popen) -> None:
    page.goto(server.url)
    expect(page.locator(".st-key-navigation")).to_be_visible()
    for row in PAGES:
        path = "" if row.title == "Attack" else Path(row.file).stem
        page.set_viewport_size({"width": 800, "height": 640})
        page.goto(f"{server.url}/{path}?embed=true")
        maker = page.locator(".st-key-maker")
        expect(maker).to_have_text("Made with MALT Lab")
        expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
        expect(page.get_by_role("img").first).to_be_visible()
        expect(page.locator(LEFT_OUT).locator("visible=true")).to_have_count(0)
        for width in (800, 390):
            page.set_viewport_size({"width": width, "height": 640})
            too_wide, empty = page.evaluate(PLACE)
            assert too_wide == 0, f"{row.title} is wider than {width} pixels"
            assert 0 <= empty < 40, f"below {row.title} there are {empty} empty pixels"
        link = maker.get_by_role("link").get_attribute("href")
        assert link.startswith(f"{server.url}/")
        assert "embed" not in link
