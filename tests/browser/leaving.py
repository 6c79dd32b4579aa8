"""How the tests change the page of the app."""

from __future__ import annotations

from playwright.sync_api import Page


def go(page: Page, name: str) -> None:
    """Click the page's name in the navigation, once what is shown has loaded.

    The server drops the pictures of a page that is left; the console would tell of those still under way.
    """
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
        " && [...document.images].every(image => image.complete)"
    )
    page.get_by_role("link", name=name).click()
