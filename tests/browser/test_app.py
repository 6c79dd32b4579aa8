"""The real app in a real browser: what a newcomer does, what goes wrong, and two people at once."""

from __future__ import annotations

import io
import json
import re
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pillow_heif import from_pillow
from playwright.sync_api import BrowserContext, Page, expect

from malt_core import load_model
from malt_core.images.gallery import open_photo
from malt_core.images.pixels import read_png
from malt_core.images.resize import to_sample
from malt_core.models.catalogue import DEFAULT_MODEL
from tests.browser.driving import PATIENCE, busy_share, set_eps, stop_button, wait_for
from tests.helpers.pages import png

pytestmark = pytest.mark.browser

# Far too little room to succeed, and every step is taken: it runs for minutes.
SLOW = "/?model=tiny-imagenet/robust&photo=cat&eps=0.05&steps=1000&budget=published&run=1"
STEP = re.compile(r"step [1-9]")
READ_PIXELS = "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"


def sentence(page: Page):
    """The result in one sentence."""
    return page.locator("h3").first


def attack(page: Page) -> None:
    page.locator(".st-key-attack button").click()


def upload(page: Page, data: bytes, name: str, mime_type: str = "image/png") -> None:
    page.locator(".st-key-picker button", has_text="Your photo").click()
    kind = {"name": name, "mimeType": mime_type, "buffer": data}
    page.locator(".st-key-file input[type=file]").set_input_files(kind)


def photo() -> bytes:
    buffer = io.BytesIO()
    open_photo("flower", "fit").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_jpeg_as_browsers_on_windows_name_it_is_taken(page: Page, server: subprocess.Popen) -> None:
    """Issue 20: "image/jpeg files are not allowed"."""
    buffer = io.BytesIO()
    open_photo("flower", "fit").save(buffer, "JPEG")
    page.goto(server.url)
    upload(page, buffer.getvalue(), "flower.jfif", "image/jpeg")
    expect(page.locator("img[alt*='flower.jfif']").first).to_be_visible()
    expect(page.locator(".st-key-attack button")).to_be_enabled()


def test_a_heic_is_opened_and_what_is_refused_says_why(page: Page, server: subprocess.Popen) -> None:
    page.goto(server.url)
    upload(page, b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "photo.jxl", "image/jxl")
    expect(page.get_by_test_id("stAlert").first).to_contain_text("a JPEG XL picture. Save it as PNG or JPEG")
    buffer = io.BytesIO()
    from_pillow(open_photo("flower", "fit")).save(buffer)
    upload(page, buffer.getvalue(), "IMG_0001.HEIC", "image/heic")
    expect(page.locator("img[alt*='IMG_0001.HEIC']").first).to_be_visible()
    expect(page.locator(".st-key-attack button")).to_be_enabled()


def test_the_frame_over_an_upload_is_dragged_and_the_link_has_it(
    page: Page, server: subprocess.Popen
) -> None:
    page.goto(server.url)
    upload(page, photo(), "flower.png")
    frame = page.locator(".mc-frame")
    box = frame.bounding_box(timeout=PATIENCE)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"], box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"crop=0%2C0%2C0\.6"))
    frame.press("-")
    frame.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"crop=0\.\d+%2C0\.\d+%2C0\.6\d+"))
    page.get_by_role("button", name="Whole picture").click()
    expect(page).to_have_url(re.compile("crop=fit"))
    expect(frame).to_be_hidden()


def test_each_upload_is_asked_about_anew(page: Page, server: subprocess.Popen) -> None:
    """An answer about the last picture, still on the browser's mind, once undid the one about the next."""
    page.goto(f"{server.url}/?model=tiny-imagenet/standard&photo=upload")
    for seed in range(3):
        upload(page, png(seed=seed), f"{seed}.png")
        expect(page.locator(f"img[alt*='{seed}.png']").first).to_be_visible()
        page.locator(".st-key-truth [aria-checked=false]", has_text="none of its words").click()
        expect(page.get_by_text("None of its words names the picture")).to_be_visible()
        expect(page).to_have_url(re.compile("truth=none"))


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
    assert b"soup bowl" in download(page, "Interactive page"), "computed on click, by running again"


def test_own_photo_from_upload_to_download(page: Page, server: subprocess.Popen) -> None:
    page.goto(server.url)
    set_eps(page, "8")
    upload(page, photo(), "holiday.png")
    expect(page.get_by_text("% sure").first).to_be_visible()
    started = time.monotonic()
    attack(page)
    expect(sentence(page)).to_contain_text("became")
    print(f"fooled and shown after {time.monotonic() - started:.1f} s")

    page.get_by_test_id("view").click()  # the whole way
    page.get_by_test_id("slider").press("Home")
    before = shown_now(page)
    page.get_by_test_id("slider").fill("0.5")
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
    assert Image.open(io.BytesIO(download(page, "Figure (PNG)"))).size > (800, 400)
    assert b"holiday" in download(page, "Interactive page")
    expect(page.get_by_text("A link cannot hold a picture of your own")).to_be_visible()


def shown_now(page: Page) -> dict[str, object]:
    """What the player shows at this moment."""
    return {
        "pixels": np.array(page.get_by_test_id("adversarial").evaluate(READ_PIXELS)),
        "bars": page.get_by_test_id("bars").inner_text(),
        "marker": page.get_by_test_id("marker-true").get_attribute("cx"),
    }


def test_a_link_reopens_the_view(page: Page, context: BrowserContext, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/?photo=flower")
    set_eps(page, "5")
    attack(page)
    expect(sentence(page)).to_contain_text("became")
    link = page.locator("[data-testid=stCode]", has_text="run=1").inner_text().strip()
    assert link.startswith(server.url)
    other = context.new_page()
    other.goto(link)
    expect(sentence(other)).to_have_text(sentence(page).inner_text())
    expect(other.locator(".st-key-eps_linf input")).to_have_value("5")
    expect(other.locator(".st-key-picker [aria-checked=true] img")).to_have_attribute("alt", "Flower")
    other.close()

    page.go_back()
    expect(page.get_by_text("searches for a change")).to_be_visible()
    page.go_back()
    expect(page.locator(".st-key-eps_linf input")).to_have_value("1")
    page.go_forward()
    page.go_forward()
    expect(sentence(page)).to_contain_text("became")


def test_eps_is_typed_four_ways(page: Page, server: subprocess.Popen) -> None:
    """0, 300, 4,5 and 8/255: Attack once ran with 4, 300, 45 and 8255."""
    page.goto(server.url)
    box, button = page.locator(".st-key-eps_linf input"), page.locator(".st-key-attack button")
    for typed, eps in (("4,5", "4.5"), ("8/255", "8")):
        box.fill(typed)
        box.press("Enter")
        expect(page).to_have_url(re.compile(rf"eps={re.escape(eps)}&"))
        expect(button).to_be_enabled()
    for typed, words in (("0", "no room"), ("300", "out of range")):
        box.fill(typed)
        button.click()  # at once, before the page has heard of what was typed
        expect(page.get_by_test_id("stAlert").first).to_contain_text(words)
        expect(button).to_be_disabled()
        expect(page).not_to_have_url(re.compile("run=1"))
        box.fill("8")
        box.press("Enter")
        expect(button).to_be_enabled()


def test_a_wrong_file_is_explained_and_the_page_goes_on(page: Page, server: subprocess.Popen) -> None:
    page.goto(server.url)
    upload(page, b"these are words", "notes.png")
    expect(page.get_by_test_id("stAlert")).to_contain_text("notes.png")
    expect(page.locator(".st-key-attack button")).to_be_disabled()
    page.locator(".st-key-picker img[alt=Flower]").click()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    attack(page)
    expect(sentence(page)).to_contain_text("became")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processor time from /proc")
@pytest.mark.parametrize("how", ["setting", "stop", "close"])
def test_an_attack_really_stops(how: str, page: Page, server: subprocess.Popen) -> None:
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


def test_two_people_at_once(page: Page, context: BrowserContext, server: subprocess.Popen) -> None:
    slow = context.new_page()
    slow.goto(f"{server.url}{SLOW}&seed=77")
    expect(slow.get_by_text(STEP)).to_be_visible()
    expect(slow.locator(".malt-live polyline").first).to_be_visible()
    page.goto(f"{server.url}/?photo=flower&eps=4&run=1")
    expect(sentence(page)).to_contain_text("became")
    expect(stop_button(slow)).to_be_visible()
    stop_button(slow).click()
    expect(stop_button(slow)).to_have_count(0)
    slow.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(scheme: str, page: Page, server: subprocess.Popen) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.goto(server.url)
    expect(page.get_by_test_id("slider")).to_be_visible()
    picture = page.get_by_test_id("adversarial").bounding_box()
    assert picture["y"] + picture["height"] < 844, "the example's pictures are on the first screen"
    expect(page.get_by_role("link", name="Race")).to_be_in_viewport()
    page.get_by_role("link", name="Settings").click()
    expect(page.locator(".st-key-attack button")).to_be_in_viewport()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing sticks out sideways"
    assert page.locator("img:not([alt])").count() == 0
    background = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == (scheme == "dark")


def test_the_keyboard_is_enough(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/?photo=espresso&eps=6")
    chosen = page.locator(".st-key-picker [aria-checked=true]")
    expect(chosen).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.st-key-picker [role=radio]')"):
            break
    expect(chosen).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("photo=photographer"))
    expect(page.get_by_text("% sure").first).to_be_visible()
    button = page.locator(".st-key-attack button")
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(sentence(page)).to_contain_text("became")
