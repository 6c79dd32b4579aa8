"""What is clicked before the browser has heard of the last change, in a real browser on a slow line."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.driving import go, wait_for

pytestmark = pytest.mark.browser


class Line:
    """The page's connection; what the server says can be held back for a while."""

    def __init__(self, page: Page) -> None:
        self.held: list[tuple[WebSocketRoute, bytes | str]] = []
        self.holds = False
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        server.on_message(lambda message: self._pass_on(browser, message))

    def _pass_on(self, browser: WebSocketRoute, message: bytes | str) -> None:
        if self.holds:
            self.held.append((browser, message))
        else:
            browser.send(message)

    def hold(self) -> None:
        self.holds = True

    def release(self) -> None:
        self.holds = False
        for browser, message in self.held:
            browser.send(message)
        self.held.clear()


@pytest.mark.parametrize(
    ("name", "box", "button", "outcome"),
    [
        ("Attack", ".st-key-eps_linf input", ".st-key-attack button", "7/255"),
        ("Benchmark", ".st-key-eps input", ".st-key-evaluate button", "at ε = 7/255"),
        ("Race", ".st-key-eps_linf input", ".st-key-start button", "Who is left standing"),
    ],
)
def test_a_click_before_the_address_is_shown(
    page: Page, server: subprocess.Popen, name: str, box: str, button: str, outcome: str
) -> None:
    line = Line(page)
    page.goto(server.url)
    if name != "Attack":
        go(page, name)
    eps = page.locator(box)
    expect(page.locator(button)).to_be_enabled()
    line.hold()
    eps.fill("7")
    eps.press("Enter")

    def written() -> bool:
        page.wait_for_timeout(20)  # lets in what the server says
        return any(b"eps=7" in message for _, message in line.held if isinstance(message, bytes))

    wait_for(written, "the new address")
    page.locator(button).click()
    page.wait_for_timeout(500)  # the server hears of the click
    line.release()
    expect(page.get_by_text(outcome).first).to_be_visible()
    expect(eps).to_have_value("7")
    expect(page).to_have_url(re.compile("eps=7(&|$)"))
