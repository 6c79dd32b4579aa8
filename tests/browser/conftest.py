"""A real browser for the tests of this folder: Playwright's own, or the distribution's."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driving import PATIENCE, wait_for
from tests.browser.find import browser_path

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed: make test installs it."
)

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.fixture(scope="session")
def context(browser: playwright.Browser) -> Iterator[playwright.BrowserContext]:
    """One for all tests, 1280 x 900: what it keeps of Streamlit's code is not loaded again and again."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def page(context: playwright.BrowserContext) -> Iterator[playwright.Page]:
    """A tab of its own; the test fails if its console shows an error."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("console", lambda message: message.type == "error" and errors.append(_said(message)))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    # Streamlit drops a picture as soon as another takes its place; a slow browser may then ask in vain.
    # Opened at the address of one of its pages, it looks for the server below that first.
    ours = [error for error in errors if "/media/" not in error and "/_stcore/" not in error]
    assert not ours, f"The browser's console shows errors: {ours}"


def _said(message: playwright.ConsoleMessage) -> str:
    return f"{message.text} ({message.location['url']})"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen]:
    """`streamlit run app.py` on a free port; .url says where."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    process.url = f"http://localhost:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return urllib.request.urlopen(f"{process.url}/_stcore/health").status == 200
        except OSError:
            return False

    wait_for(answers, "the server")
    yield process
    process.terminate()
    process.wait(10)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(autouse=True)
def patience() -> None:
    playwright.expect.set_options(timeout=PATIENCE)
