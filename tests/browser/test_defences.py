"""The Defences page in a browser: its figure is there at once, and the other view has the proofs."""

from __future__ import annotations

import subprocess

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_it_opens_on_its_bars_and_leads_to_what_is_proven(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/defences")
    figure = page.locator(".st-key-defences_columns .malt-figure svg[role=img]")
    expect(figure).to_be_visible()
    bars = figure.locator("rect")
    assert bars.count() % 3 == 0 < bars.count()
    page.get_by_text("What is proven").click()
    expect(page.locator(".st-key-defences_bounds .js-plotly-plot")).to_be_visible()
