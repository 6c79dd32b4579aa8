"""The Theory page in a real browser: opened, trained, looked at, taken away."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import go

pytestmark = pytest.mark.browser

TINY = "dimension=30&subspace=3&width=32&points=20"


def test_a_network_is_trained_and_its_figures_are_taken_away(
    page: Page, server: subprocess.Popen, tmp_path: Path
) -> None:
    page.goto(server.url)
    go(page, "Why it works")
    page.locator(".st-key-section").get_by_role("link", name="Theory").click()
    expect(page).to_have_url(re.compile("/theory"))
    expect(page.get_by_role("img", name="a dot for each training point")).to_be_visible()
    page.goto(f"{server.url}/theory?{TINY}")
    page.locator(".st-key-train button").click()
    expect(page).to_have_url(re.compile("dimension=30.*run=1"))
    page.get_by_text("Dimension and width").click()
    expect(page).to_have_url(re.compile("view=size"))
    expect(page.locator(".st-key-theory_length .main-svg").first).to_be_visible()
    expect(page.locator(".st-key-stop")).to_have_count(0)
    with page.expect_download() as table:
        page.locator(".st-key-take_csv button:visible").click()
    table.value.save_as(tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text().startswith("varied,value,seed,drift")
    with page.expect_download() as picture:
        page.locator(".st-key-take_png button:visible").click()
    assert picture.value.suggested_filename == "malt-theory-length.png"
    page.reload()
    expect(page.get_by_text("shown from memory")).to_be_visible()
