"""Compute in this browser: the Attack page's own attack, by the reader's device."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.browser

LINK = "?photo=espresso&model=tiny-imagenet/standard&engine=browser"


def test_a_link_attacks_here_and_the_result_is_an_ordinary_one(page: Page, server: subprocess.Popen) -> None:
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(f"{server.url}/{LINK}&eps=4&run=1")
    expect(page.locator(".malt-player canvas").first).to_be_visible()
    expect(page.locator("h3").first).to_have_text(re.compile("Fooled: “espresso” became"))
    assert hosts <= {server.url.split("/")[2], ""}, "nothing is asked of other hosts"
    with page.expect_download() as download:
        page.get_by_role("button", name="Record (run.json)").click()
    assert '"browser (WebAssembly)"' in download.value.path().read_text("utf-8")


def test_stop_ends_it_and_a_damaged_file_is_told_of(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/{LINK}&eps=0.5&budget=published&steps=1000&run=1")
    expect(page.locator(".mb-text")).to_have_text(re.compile("Target 1 of 9"))
    page.locator(".mb-stop").click()
    expect(page.get_by_text("Stopped after")).to_be_visible()
    page.evaluate("caches.delete('malt')")
    page.route("**/media/*.bin", lambda route: route.fulfill(body=b"no network"))
    page.goto(f"{server.url}/{LINK}&eps=3&run=1")
    expect(page.locator(".mb-error")).to_have_text(re.compile("damaged"))
    page.get_by_role("button", name="Compute on the server").click()
    expect(page.locator(".malt-player canvas").first).to_be_visible()
    expect(page).to_have_url(re.compile("engine=server"))
