"""How the tests drive the app in a browser, and what they wait for."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

PATIENCE = 60_000  # milliseconds


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < until, f"in vain waited for {what}"
        time.sleep(0.05)


def go(page: Page, name: str) -> None:
    """Click the page's name in the navigation, once what is shown has loaded.

    The server drops the pictures of a page that is left; the console would tell of those still under way.
    """
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
        " && [...document.images].every(image => image.complete)"
    )
    page.get_by_role("link", name=name).click()


def stop_button(page: Page):
    return page.locator(".st-key-stop button")


def set_eps(page: Page, value: str) -> None:
    box = page.locator(".st-key-eps_linf input")
    box.fill(value)
    box.press("Enter")
    expect(page).to_have_url(re.compile(rf"eps={re.escape(value)}&"))


def busy_share(process: subprocess.Popen) -> float:
    """Processor time that the server takes, in cores, measured over half a second."""

    def ticks() -> int:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before, start = ticks(), time.monotonic()
    time.sleep(0.5)
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - start)
