"""The Targets page in a browser: a point of its figure is clicked, and that class is attacked."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_click_on_a_point_attacks_that_class(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/targets")
    expect(page.locator(".malt-figure svg, .js-plotly-plot").first).to_be_visible()
    points = page.locator(".js-plotly-plot").first.locator("path.point")
    expect(points).to_have_count(100)
    box = points.nth(2).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    aim = page.locator(".st-key-aim")
    expect(aim).to_contain_text(re.compile("Aimed at “.+”, ε = 15/255"))
    expect(aim.locator(".malt-player")).to_be_visible()
    aim.get_by_role("button", name="Close").click()
    expect(aim).to_have_count(0)
