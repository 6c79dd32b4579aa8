"""What is clicked before the browser has heard of the last change, in a real browser on a slow line."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import go, wait_for
from tests.browser.line import Line

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("name", "box", "button", "outcome"),
    [
        ("Attack", ".st-key-eps_linf input", ".st-key-attack button", "7/255"),
        ("Benchmark", ".st-key-eps input", ".st-key-evaluate button", "at ε = 7/255"),
        ("Race", ".st-key-eps_linf input", ".st-key-start button", "Picture by picture"),
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


def test_a_page_that_is_left_says_nothing_into_the_next(page: Page, server: subprocess.Popen) -> None:
    """What stands below a page's first screen is asked for late: also after a click that leads away."""
    line = Line(page)
    page.goto(server.url)

    def late() -> list[bytes | str]:
        page.wait_for_timeout(20)
        return [said for said in line.asked if b"idle__events" in said]

    wait_for(late, "what stands below")
    go(page, "Race")
    page.wait_for_timeout(60)  # the server draws the new page, and still knows all of the old one
    line.server.send(late()[0])
    expect(page.locator(".st-key-start button")).to_be_enabled()
    page.wait_for_timeout(1000)
    expect(page.locator(".st-key-start button")).to_be_visible()
