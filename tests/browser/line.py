"""The line between browser and server: a slow one, and what is said on it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute


class Line:
    """The page's connection; what the server says can be held back for a while.

    asked: what the browser has said; `server.send` says more.
    """

    def __init__(self, page: Page) -> None:
        self.held: list[tuple[WebSocketRoute, bytes | str]] = []
        self.asked: list[bytes | str] = []
        self.holds = False
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        self.server = browser.connect_to_server()
        self.server.on_message(lambda message: self._pass_on(browser, message))
        browser.on_message(self._ask)

    def _ask(self, message: bytes | str) -> None:
        self.asked.append(message)
        self.server.send(message)

    def _pass_on(self, browser: WebSocketRoute, message: bytes | str) -> None:
        if self.holds:
            self.held.append((browser, message))
        else:
            browser.send(message)

    def hold(self) -> None:
        self.holds = True

    def release(self) -> None:
        while self.held:  # what comes meanwhile has to wait for its turn
            browser, message = self.held.pop(0)
            browser.send(message)
        self.holds = False
