"""A real browser for the tests of this folder: Playwright's own, or the distribution's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.find import browser_path

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed: make test installs it."
)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as driver:
        executable = browser_path(driver.chromium.executable_path)
        if executable is None:
            pytest.skip("No browser: install chromium, or run `python -m playwright install chromium`.")
        opened = driver.chromium.launch(executable_path=executable, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A page of a fresh context, 1280 x 900; the test fails if its console shows an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("console", lambda message: message.type == "error" and errors.append(_said(message)))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors, f"The browser's console shows errors: {errors}"


def _said(message: playwright.ConsoleMessage) -> str:
    return f"{message.text} ({message.location['url']})"
