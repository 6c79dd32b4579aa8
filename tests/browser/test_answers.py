"""The Answers page on a phone: its example is there, and nothing is wider than the screen."""

from __future__ import annotations

import subprocess

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_example_fits_a_phone(page: Page, server: subprocess.Popen) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/answers")
    expect(page.get_by_role("img", name="How far each method had come").first).to_be_visible()
    images = page.locator(".st-key-answers_images img")
    expect(images).to_have_count(8)
    first, third = (images.nth(i).bounding_box() for i in (0, 2))
    assert first["y"] == pytest.approx(third["y"], abs=2)  # two methods beside each other
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
