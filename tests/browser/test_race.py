"""The Race page in a real browser: live, left and found again, stopped, and closed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from malt_core.formatting import stopwatch
from malt_core.race.record import record_from_bytes
from tests.browser.driving import PATIENCE, busy_share, go, set_eps, stop_button, wait_for
from ui.race.example import stored_race

pytestmark = pytest.mark.browser

MODEL = "model=autoattack/resnet18-cifar10"
QUICK = f"/race?{MODEL}&photos=flower&eps=4&third=fgsm"
ENDLESS = f"/race?{MODEL}&photos=cat&eps=0.05&third=fgsm"  # AutoAttack needs a minute or more
OUTCOME = re.compile("^All three attacks (fooled the network|changed the network's answer)")
LINK = re.compile("as long as this server keeps it")  # beside the link to a race that is over


def download(page: Page, label: str) -> bytes:
    with page.expect_download(timeout=PATIENCE) as started:
        page.get_by_role("button", name=label).click()
    return Path(started.value.path()).read_bytes()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """A page whose console may complain: opened at /race, Streamlit first looks for itself below that."""
    opened = context.new_page()
    yield opened
    opened.close()


def test_from_the_start_to_the_outcome(page: Page, tab: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/race?{MODEL}&photos=flower&third=fgsm")
    expect(page.locator(".st-key-start button")).to_be_enabled()
    go(page, "Attack")
    expect(page).to_have_url(re.compile("resnet18-cifar10.*photo=flower"))
    page.locator(".st-key-picker img[alt=Cat]").click()
    expect(page).to_have_url(re.compile("photo=cat"))
    go(page, "Race")
    expect(page).to_have_title("Race · MALT Lab")
    expect(page).to_have_url(re.compile("resnet18-cifar10.*photos=cat(,|%2C)flower"))
    set_eps(page, "16")
    page.locator(".st-key-start button").dblclick()
    expect(page.get_by_text(re.compile(r"Attack \d of 3, "))).to_be_visible()
    expect(page.get_by_text(LINK)).to_be_visible()
    expect(page.locator("h3").first).to_have_text(OUTCOME)
    expect(page.get_by_test_id("curves").locator(".mr-line.mr-2")).to_be_attached()
    said = page.locator("h3").first.inner_text()
    link = page.locator("[data-testid=stCode]", has_text="third=").inner_text().strip()
    assert link.startswith(f"{server.url}/race?")
    assert "run=1" not in link
    record = record_from_bytes(download(page, "Record"), "race.json")
    assert [lane.state for lane in record.lanes] == ["done"] * 3
    assert record.model == MODEL.removeprefix("model=")
    assert "flower" in [picture.name for picture in record.pictures]
    assert download(page, "Picture (PNG)").startswith(b"\x89PNG")

    go(page, "Attack")
    expect(page.get_by_text("It says").first).to_be_visible()
    go(page, "Race")
    expect(page.locator("h3").first).to_have_text(said)
    tab.goto(link)
    expect(tab.locator("h3").first).to_have_text(said)
    expect(tab.get_by_text("shown from memory")).to_be_visible()
    assert stop_button(tab).count() == 0, "nothing runs"


def test_it_opens_with_a_race_that_is_replayed(tab: Page, server: subprocess.Popen) -> None:
    tab.goto(f"{server.url}/race")
    replay = tab.get_by_test_id("replay")
    expect(tab.get_by_test_id("curves")).to_be_in_viewport(ratio=0.9)
    expect(replay).to_have_text("Replay")
    clock = tab.locator(".mr-clock")
    lanes = stored_race().record.lanes
    longest = stopwatch(max(lane.seconds for lane in lanes))
    expect(clock).to_have_text(longest)
    changed = tab.locator(".mr-lane").first.locator("figure.fallen")
    expect(changed).to_have_count(len(lanes[0].falls))
    slider = tab.locator(".mr-controls input")
    slider.fill("0")
    expect(clock).to_have_text("0.00 s")
    expect(changed).to_have_count(0)
    replay.click()
    expect(replay).to_have_text("Pause")
    expect(tab.locator(".mr-doing").last).to_contain_text(stopwatch(lanes[-1].seconds))
    expect(clock).to_have_text(longest)
    expect(changed).to_have_count(len(lanes[0].falls))
    assert stop_button(tab).count() == 0, "all of it in the browser"


def test_a_link_that_starts_says_so(tab: Page, server: subprocess.Popen) -> None:
    tab.goto(f"{server.url}{QUICK}&run=1")
    expect(tab.get_by_text(LINK)).to_be_visible()
    expect(tab.get_by_text(re.compile("The link asked for this race|shown from memory"))).to_be_visible()


def test_a_race_goes_on_while_another_page_is_shown(tab: Page, server: subprocess.Popen) -> None:
    tab.goto(f"{server.url}{ENDLESS}&seed=1&run=1")
    expect(tab.get_by_text(re.compile("AutoAttack: .*pass"))).to_be_visible()
    go(tab, "Attack")
    expect(tab.get_by_text("It says").first).to_be_visible()
    wait_for(lambda: busy_share(server) > 0.3, "the race to go on")
    go(tab, "Race")
    expect(tab.get_by_text(re.compile("AutoAttack: .*pass"))).to_be_visible()
    stop_button(tab).click()
    expect(tab.get_by_text("Stopped. Below is what there was")).to_be_visible()
    expect(tab.locator("h3").first).to_contain_text("AutoAttack was stopped after")
    wait_for(lambda: busy_share(server) < 0.2, "the computing to end")
    assert "run=1" not in tab.url


def test_two_tabs_share_a_race_and_the_last_one_ends_it(
    context: BrowserContext, server: subprocess.Popen
) -> None:
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(f"{server.url}{ENDLESS}&seed=2&run=1")
        expect(tab.get_by_text(re.compile("AutoAttack: .*pass"))).to_be_visible()
    stop_button(tabs[0]).click()
    expect(tabs[0].locator("h3").first).to_contain_text("was stopped")
    expect(stop_button(tabs[1])).to_be_visible()
    wait_for(lambda: busy_share(server) > 0.3, "the race to go on in the other tab")
    tabs[1].close()
    wait_for(lambda: busy_share(server) < 0.2, "the computing to end")
    tabs[0].close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(scheme: str, tab: Page, server: subprocess.Popen) -> None:
    page = tab
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server.url}{QUICK}&run=1")
    expect(page.get_by_text(LINK)).to_be_visible()
    expect(page.locator("h3").first).to_have_text(OUTCOME)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing sticks out sideways"
    assert page.locator("img:not([alt])").count() == 0


def test_a_wrong_file_is_explained(tab: Page, server: subprocess.Popen) -> None:
    tab.goto(f"{server.url}/race?photos=&third=fgsm")
    expect(tab.get_by_text("Choose at least one picture")).to_be_visible()
    tab.locator(".st-key-picker button", has_text="Your photo").click()
    kind = {"name": "notes.png", "mimeType": "image/png", "buffer": b"these are words"}
    tab.locator(".st-key-files input[type=file]").set_input_files(kind)
    expect(tab.get_by_test_id("stAlert").first).to_contain_text("notes.png")
    expect(tab.locator(".st-key-start button")).to_be_disabled()
    tab.locator(".st-key-picker img[alt=Flower]").click()
    expect(tab.locator(".st-key-start button")).to_be_enabled()
