"""The real app in a real browser: what a newcomer does, what goes wrong, and two people at once."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from malt_core import load_model
from malt_core.images.gallery import open_photo
from malt_core.images.pixels import read_png
from malt_core.images.resize import to_sample
from malt_core.models.catalogue import DEFAULT_MODEL

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60_000  # milliseconds
SLOW = "/?photo=cat&eps=0.25&steps=1000&run=1"  # far too little room to succeed, so it runs for minutes
STEP = re.compile(r"step [1-9]")
READ_PIXELS = "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < until, f"in vain waited for {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen]:
    """`streamlit run app.py` on a free port; .url says where."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
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
    expect.set_options(timeout=PATIENCE)


def sentence(page: Page):
    """The result in one sentence."""
    return page.locator("h3").first


def attack(page: Page) -> None:
    page.locator(".st-key-attack button").click()


def stop_button(page: Page):
    return page.locator(".st-key-stop button")


def set_eps(page: Page, value: str) -> None:
    box = page.locator(".st-key-eps_linf input")
    box.fill(value)
    box.press("Enter")
    expect(page).to_have_url(re.compile(rf"eps={re.escape(value)}&"))


def upload(page: Page, data: bytes, name: str) -> None:
    page.locator(".st-key-picker button", has_text="Your photo").click()
    kind = {"name": name, "mimeType": "image/png", "buffer": data}
    page.locator(".st-key-file input[type=file]").set_input_files(kind)


def photo() -> bytes:
    buffer = io.BytesIO()
    open_photo("flower", "fit").save(buffer, "PNG")
    return buffer.getvalue()


def download(page: Page, label: str) -> bytes:
    with page.expect_download(timeout=PATIENCE) as started:
        page.get_by_role("button", name=label).click()
    return Path(started.value.path()).read_bytes()


def test_the_example_plays_on_opening(page: Page, server: subprocess.Popen) -> None:
    page.goto(server.url)
    expect(page).to_have_title("Attack · MALT Lab")
    expect(sentence(page)).to_contain_text("became")
    page.wait_for_function(
        "document.querySelector('[data-testid=stMain]') && (window.seen ??= new Set()).add("
        "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.malt-player')?.dataset.t)"
        ".find(t => t)) && window.seen.size > 5",
        timeout=PATIENCE,
    )
    assert "?" not in page.url
    assert b"lawn mower" in download(page, "Interactive page"), "computed on click, by running again"


def test_own_photo_from_upload_to_download(page: Page, server: subprocess.Popen) -> None:
    page.goto(server.url)
    set_eps(page, "8")
    upload(page, photo(), "holiday.png")
    expect(page.get_by_text("It says")).to_be_visible()
    started = time.monotonic()
    attack(page)
    expect(sentence(page)).to_contain_text("became")
    print(f"fooled and shown after {time.monotonic() - started:.1f} s")

    page.get_by_test_id("slider").press("Home")
    before = shown_now(page)
    page.get_by_test_id("slider").fill("50")
    after = shown_now(page)
    assert before["bars"] != after["bars"]
    assert before["marker"] != after["marker"]
    assert not np.array_equal(before["pixels"], after["pixels"])
    page.get_by_test_id("slider").press("ArrowRight")
    assert shown_now(page)["marker"] != after["marker"]

    saved = read_png(download(page, "Adversarial image"))
    model = load_model(DEFAULT_MODEL)
    original = to_sample(Image.open(io.BytesIO(photo())), model.info.size, crop="centre", name="holiday").x
    assert 0 < (saved - original).abs().max() <= 8 / 255 + 1e-6
    with torch.inference_mode():
        answers = model(torch.stack([original, saved])).argmax(1).tolist()
    record = json.loads(download(page, "Record"))
    assert answers == [record["label"]["index"], record["adversarial_label"]["index"]]
    assert answers[0] != answers[1]
    assert Image.open(io.BytesIO(download(page, "Figure"))).size > (800, 400)
    assert b"holiday" in download(page, "Interactive page")
    expect(page.get_by_text("A link cannot hold a picture of your own")).to_be_visible()


def shown_now(page: Page) -> dict[str, object]:
    """What the player shows at this moment."""
    return {
        "pixels": np.array(page.get_by_test_id("adversarial").evaluate(READ_PIXELS)),
        "bars": page.get_by_test_id("bars").inner_text(),
        "marker": page.get_by_test_id("marker-true").get_attribute("cx"),
    }


def test_a_link_reopens_the_view(page: Page, browser: Browser, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/?photo=flower")
    set_eps(page, "5")
    attack(page)
    expect(sentence(page)).to_contain_text("became")
    link = page.locator("[data-testid=stCode]", has_text="run=1").inner_text().strip()
    assert link.startswith(server.url)
    context = browser.new_context()
    other = context.new_page()
    other.goto(link)
    expect(sentence(other)).to_have_text(sentence(page).inner_text())
    expect(other.locator(".st-key-eps_linf input")).to_have_value("5")
    expect(other.locator(".st-key-picker [aria-checked=true] img")).to_have_attribute("alt", "Flower")
    context.close()

    page.go_back()
    expect(page.get_by_text("to search for a change")).to_be_visible()
    page.go_back()
    expect(page.locator(".st-key-eps_linf input")).to_have_value("4")
    page.go_forward()
    page.go_forward()
    expect(sentence(page)).to_contain_text("became")


def test_a_wrong_file_is_explained_and_the_page_goes_on(page: Page, server: subprocess.Popen) -> None:
    page.goto(server.url)
    upload(page, b"these are words", "notes.png")
    expect(page.get_by_test_id("stAlert")).to_contain_text("notes.png")
    expect(page.locator(".st-key-attack button")).to_be_disabled()
    page.locator(".st-key-picker img[alt=Flower]").click()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    attack(page)
    expect(sentence(page)).to_contain_text("became")


def busy_share(process: subprocess.Popen) -> float:
    """Processor time that the server takes, in cores, measured over half a second."""

    def ticks() -> int:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before, start = ticks(), time.monotonic()
    time.sleep(0.5)
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - start)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processor time from /proc")
@pytest.mark.parametrize("how", ["setting", "stop", "close"])
def test_an_attack_really_stops(how: str, browser: Browser, server: subprocess.Popen) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}{SLOW}&seed={hash(how) % 1000}")
    expect(page.get_by_text(STEP)).to_be_visible()
    wait_for(lambda: busy_share(server) > 0.4, "the attack to be computed")
    if how == "setting":
        page.locator(".st-key-picker img[alt=Flower]").click()
    elif how == "stop":
        stop_button(page).click()
    else:
        page.close()
    wait_for(lambda: busy_share(server) < 0.2, "the computing to end")
    if how != "close":
        expect(stop_button(page)).to_have_count(0)
        assert "run=1" not in page.url
    context.close()


def test_two_people_at_once(page: Page, browser: Browser, server: subprocess.Popen) -> None:
    context = browser.new_context()
    slow = context.new_page()
    slow.goto(f"{server.url}{SLOW}&seed=77")
    expect(slow.get_by_text(STEP)).to_be_visible()
    expect(slow.locator(".st-key-live svg.marks")).to_be_visible()
    page.goto(f"{server.url}/?photo=flower&eps=4&run=1")
    expect(sentence(page)).to_contain_text("became")
    expect(stop_button(slow)).to_be_visible()
    stop_button(slow).click()
    expect(stop_button(slow)).to_have_count(0)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(scheme: str, browser: Browser, server: subprocess.Popen) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(server.url)
    expect(page.get_by_test_id("slider")).to_be_visible()
    button = page.locator(".st-key-attack button").bounding_box()
    assert button["y"] + button["height"] < 844, "Attack is on the first screen"
    main = page.get_by_test_id("stMain")
    assert main.evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing sticks out sideways"
    assert page.locator("img:not([alt])").count() == 0
    background = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == (scheme == "dark")
    context.close()


def test_the_keyboard_is_enough(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/?photo=espresso&eps=6")
    page.locator(".st-key-picker [aria-checked=true]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("photo=astronaut"))
    expect(page.get_by_text("It says")).to_be_visible()
    button = page.locator(".st-key-attack button")
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(sentence(page)).to_contain_text("became")
