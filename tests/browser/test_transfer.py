"""The Transfer page in a browser: its matrix is there, and every cell says its counts when pointed at."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_every_cell_has_a_share_and_its_counts(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/transfer")
    matrix = page.locator(".malt-matrix svg").first
    expect(matrix).to_be_visible()
    expect(matrix).to_have_attribute("aria-label", re.compile(r"made on robust: .*standard \d+% of \d+"))
    tips = matrix.locator("g > title").all_text_contents()
    assert all(re.match("From .+ to .+: |Random noise of the same ε", tip) for tip in tips)
    shares = matrix.locator("g > text:not(.mt-small)").all_text_contents()
    assert len(shares) == len(tips) > 9
    assert all(re.fullmatch(r"\d+%|–", share) for share in shares)
