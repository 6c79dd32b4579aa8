"""Back and Forward, however quickly one clicks, and the menu, in a real browser."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.driving import go, set_eps, stop_button, wait_for
from tests.browser.line import Line
from tests.helpers.pages import png

pytestmark = pytest.mark.browser

SLOW = "/?model=tiny-imagenet/robust&photo=cat&eps=0.05&steps=1000&budget=published"  # runs for minutes
ATTACKS_ONLY = re.compile("[?&]photo=|targets=")


def entries(page: Page) -> int:
    return page.evaluate("history.length")


def back(page: Page, steps: int = 1) -> None:
    """Go so far back, without waiting for anything."""
    page.evaluate(f"history.go({-steps})")


def settled(page: Page) -> None:
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )
    page.wait_for_timeout(300)


def test_a_click_in_the_menu_is_one_entry(page: Page, server: subprocess.Popen) -> None:
    page.goto(server.url)
    set_eps(page, "5")
    page.locator(".st-key-picker img[alt=Flower]").click()
    expect(page).to_have_url(re.compile("photo=flower"))
    settled(page)
    before = entries(page)
    go(page, "Race")
    expect(page).to_have_title("Race · MALT Lab")
    settled(page)
    assert entries(page) == before + 1
    assert not ATTACKS_ONLY.search(page.url)
    go(page, "Attack")
    expect(page).to_have_url(re.compile("photo=flower"))
    settled(page)
    assert entries(page) == before + 2
    back(page)
    expect(page).to_have_title("Race · MALT Lab")
    settled(page)
    back(page)
    expect(page).to_have_title("Attack · MALT Lab")
    expect(page.locator(".st-key-eps_linf input")).to_have_value("5")


def test_what_one_page_says_late_starts_nothing_on_another(page: Page, server: subprocess.Popen) -> None:
    """Issue 23: Back from Attack to Race started a race, since the address had become /race?photo=…&run=1."""
    line = Line(page)
    page.goto(f"{server.url}{SLOW}")
    expect(page.locator(".st-key-attack button")).to_be_enabled()
    go(page, "Race")
    expect(page).to_have_title("Race · MALT Lab")
    settled(page)
    go(page, "Attack")
    expect(page).to_have_title("Attack · MALT Lab")
    expect(page.locator(".st-key-attack button")).to_be_enabled()
    settled(page)
    line.hold()
    page.locator(".st-key-attack button").click()

    def written() -> bool:
        page.wait_for_timeout(20)  # lets in what the server says
        return any(b"run=1" in message for _, message in line.held if isinstance(message, bytes))

    wait_for(written, "the attack's address")
    back(page)
    page.wait_for_timeout(100)
    line.release()
    settled(page)
    expect(page).to_have_title("Race · MALT Lab")
    expect(page).to_have_url(re.compile("/race"))
    assert not ATTACKS_ONLY.search(page.url)
    expect(stop_button(page)).to_have_count(0)
    for _ in range(2):  # to and fro over what has come into the history, quicker than a page is drawn
        page.evaluate("history.forward()")
        page.wait_for_timeout(60)
        back(page)
        settled(page)
        wait_for(lambda: page.wait_for_timeout(20) or _shows_what_its_address_says(page), "one page")
    go(page, "Attack")
    expect(stop_button(page)).to_be_visible()
    stop_button(page).click()
    expect(stop_button(page)).to_have_count(0)


def _shows_what_its_address_says(page: Page) -> bool:
    """Whether it is Race, where nothing runs, or Attack, where the attack goes on: how far Back goes depends
    on how quick the browser is.
    """
    race = "/race" in page.url
    if page.title() != ("Race" if race else "Attack") + " · MALT Lab":
        return False
    return stop_button(page).count() == (0 if race else 1) and not (race and ATTACKS_ONLY.search(page.url))


def test_back_and_forward_drop_no_attack(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}{SLOW}&seed=4")
    expect(page.locator(".st-key-attack button")).to_be_enabled()
    set_eps(page, "0.06")
    page.locator(".st-key-attack button").click()
    expect(page).to_have_url(re.compile("run=1"))
    expect(stop_button(page)).to_be_visible()
    back(page)
    settled(page)
    expect(stop_button(page)).to_be_visible()
    back(page)
    expect(page.get_by_text("What you started goes on")).to_be_visible()
    expect(page.locator(".st-key-eps_linf input")).to_have_value("0.05")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator(".st-key-eps_linf input")).to_have_value("0.06")
    expect(stop_button(page)).to_be_visible()
    stop_button(page).click()
    expect(stop_button(page)).to_have_count(0)


def test_a_link_that_starts_says_so(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}{SLOW}&seed=5&run=1")
    expect(page.get_by_text("it has started by itself")).to_be_visible()
    stop_button(page).click()
    expect(stop_button(page)).to_have_count(0)
    assert "run=1" not in page.url


def test_an_upload_survives_a_visit_to_another_page(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/?model=tiny-imagenet/robust&eps=8&targets=1&steps=3")
    page.locator(".st-key-picker button", has_text="Your photo").click()
    kind = {"name": "mine.png", "mimeType": "image/png", "buffer": png()}
    page.locator(".st-key-file input[type=file]").set_input_files(kind)
    page.locator(".st-key-attack button:enabled").click()
    result = page.locator("h3").first
    expect(page.get_by_text("Take it away")).to_be_visible()
    said = result.inner_text()
    go(page, "Race")
    expect(page.get_by_text("Still here: mine.png")).to_be_visible()
    expect(page.locator(".st-key-start button")).to_be_enabled()
    go(page, "Attack")
    expect(page.get_by_text("Still here: mine.png")).to_be_visible()
    expect(result).to_have_text(said)
    expect(page.get_by_text("Take it away")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "title"), [("/attack", "Attack"), ("/Attack/", "Attack"), ("/Race", "Race"), ("/race/", "Race")]
)
def test_a_page_opens_however_its_address_is_spelt(
    path: str, title: str, context: BrowserContext, server: subprocess.Popen
) -> None:
    page = context.new_page()
    page.goto(f"{server.url}{path}?eps=3")
    expect(page).to_have_title(f"{title} · MALT Lab")
    expect(page.locator(".st-key-eps_linf input")).to_have_value("3")
    assert page.get_by_role("dialog").count() == 0
    before = entries(page)
    go(page, "Benchmark")
    expect(page).to_have_title("Benchmark · MALT Lab")
    settled(page)
    back(page)
    expect(page).to_have_title(f"{title} · MALT Lab")
    assert entries(page) == before + 1, "Back leads on, not to and fro"
    page.close()
