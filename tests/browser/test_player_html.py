"""The path player, alone in a real browser: what it shows at t is what the payload says for t."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from malt_core.attack_run.player import payload, script
from malt_core.export.html import standalone_html
from tests.helpers.example_run import example_run

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=\"document.title='hacked'\">"
COUNT_MOVES = """() => {
    window.moves = 0;
    const count = (records) => { window.moves += records.length; };
    const root = document.querySelector(".malt-player");
    new MutationObserver(count).observe(root, { attributeFilter: ["data-t"] });
}"""
OVERLAPPING_WORDS = """() => {
    const words = [...document.querySelectorAll(".mp-chart text")];
    const boxes = words.map((node) => [node, node.getBoundingClientRect()]);
    const shared = (a, b, start, end) => Math.min(a[end], b[end]) - Math.max(a[start], b[start]);
    return boxes.flatMap(([one, a], i) => boxes.slice(i + 1)
        .filter(([, b]) => shared(a, b, "left", "right") > 2 && shared(a, b, "top", "bottom") > 3)
        .map(([other]) => `${one.textContent} | ${other.textContent}`));
}"""
FONT_SIZES = """() => [...document.querySelectorAll(".malt-player *")]
    .filter((node) => node.checkVisibility())
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
    .map((node) => parseFloat(getComputedStyle(node).fontSize))"""
WATCH_BARS = """() => {
    window.worst = -Infinity;
    const look = () => {
        const rows = [...document.querySelectorAll(".mp-bar")].map((row) => row.getBoundingClientRect());
        rows.slice(1).forEach((row, i) => { worst = Math.max(worst, rows[i].bottom - row.top); });
        requestAnimationFrame(look);
    };
    look();
}"""
READ_PIXELS = """canvas => Array.from(
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""


@pytest.fixture(scope="module")
def shown():
    return payload(example_run())


@pytest.fixture
def opened(page: Page, tmp_path, shown) -> Page:
    """The standalone page of the run, come to rest, with the whole way in view."""
    open_page(page, tmp_path, shown)
    page.get_by_test_id("view").click()
    page.get_by_test_id("slider").press("Home")
    return page


def open_page(page: Page, folder, shown) -> None:
    file = folder / "figure.html"
    file.write_text(standalone_html(shown, title="A run", facts=[("Seed", "0")], command="malt"), "utf-8")
    page.goto(file.as_uri())


def player(page: Page) -> Locator:
    return page.locator(".malt-player")


def go(page: Page, shown: dict, index: int) -> None:
    """Bring the player to a sample, in the view of the whole way if it has another."""
    view = page.get_by_test_id("view")
    if view.is_visible() and view.inner_text() == "Whole way":
        view.click()
    page.get_by_test_id("slider").fill(str(shown["t"][index]))


def canvas(page: Page, name: str, shown) -> np.ndarray:
    data = np.array(page.get_by_test_id(name).evaluate(READ_PIXELS), dtype=float)
    image = data.reshape(shown["height"], shown["width"], 4)
    assert (image[..., 3] == 255).all()
    return image[..., :3]


def images(shown) -> tuple[np.ndarray, np.ndarray]:
    shape = (shown["height"], shown["width"], 3)
    original = np.frombuffer(base64.b64decode(shown["original"]), "uint8").reshape(shape).astype(float)
    delta = np.frombuffer(base64.b64decode(shown["delta"]), shown["delta_type"]).reshape(shape).astype(float)
    return original, delta * (255 if shown["delta_type"] == "float32" else 1)


@pytest.mark.parametrize("steps", [16, 200, 2.5])
def test_the_pictures_are_the_path(page, tmp_path, steps):
    shown = payload(example_run(steps=steps))
    open_page(page, tmp_path, shown)
    original, delta = images(shown)
    for index in (0, 17, 50, len(shown["t"]) - 1):
        go(page, shown, index)
        point = np.clip(original + shown["t"][index] * delta, 0, 255)
        grey = np.clip(127.5 + shown["amplification"] * (point - original), 0, 255)
        np.testing.assert_allclose(canvas(page, "original", shown), original)
        np.testing.assert_allclose(canvas(page, "adversarial", shown), point, atol=1)
        np.testing.assert_allclose(canvas(page, "perturbation", shown), grey, atol=1)


def test_bars_and_marker_are_the_payloads_numbers(opened, shown):
    for index in (0, 20, 50, 75):
        go(opened, shown, index)
        expect(player(opened)).to_have_attribute("data-t", f"{shown['t'][index]:g}")
        expect(opened.get_by_test_id("where")).to_have_text(f"{100 * shown['t'][index]:.0f}% of the way")
        names = [c["name"] for c in shown["classes"]]
        wanted = sorted(zip(shown["probabilities"][index], names, strict=True), reverse=True)[:5]
        for rank, (share, name) in enumerate(wanted, 1):
            bar = opened.locator(f'[data-testid="bar"][data-rank="{rank}"]')
            expect(bar).to_contain_text(name)
            expect(bar).to_contain_text(percent(share))
            fill = bar.locator(".mp-bar-fill").evaluate("node => parseFloat(node.style.width)")
            assert fill == pytest.approx(100 * share, abs=1e-4)
        for kind in ("true", "linear"):
            margin = shown[f"{kind}_margin"][index]
            assert float(opened.get_by_test_id(f"marker-{kind}").get_attribute("data-margin")) == margin
            expect(opened.get_by_test_id(f"{kind}-margin")).to_have_text(signed(margin))


def percent(share: float) -> str:
    return ">99.9%" if share > 0.9995 else "<0.1%" if share < 0.0005 else f"{100 * share:.1f}%"


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def test_the_marker_lies_on_its_curve_and_crossings_on_zero(opened, shown):
    curve = opened.locator(".mp-chart .mp-true").get_attribute("points").split()
    for index in (0, 33, 75):
        go(opened, shown, index)
        marker = opened.get_by_test_id("marker-true")
        place = [float(marker.get_attribute(name)) for name in ("cx", "cy")]
        assert place == pytest.approx([float(v) for v in curve[index].split(",")], abs=0.02)
    crossing = opened.get_by_test_id("crossing-true")
    place = [float(crossing.get_attribute(name)) for name in ("cx", "cy")]
    xs, ys = np.array([p.split(",") for p in curve], dtype=float).T
    assert place[0] == pytest.approx(np.interp(shown["crossings"]["true"], shown["t"], xs), abs=0.05)
    assert place[1] == pytest.approx(np.interp(place[0], xs, ys), abs=0.05)


def test_it_plays_once_and_rests_at_the_adversarial_image(page, tmp_path, shown):
    open_page(page, tmp_path, shown)
    expect(player(page)).to_have_attribute("data-playing", "true")
    seen = {float(player(page).get_attribute("data-t")) for _ in range(20) if not page.wait_for_timeout(60)}
    assert len(seen) > 5
    expect(player(page)).to_have_attribute("data-playing", "false")
    expect(player(page)).to_have_attribute("data-t", "1")
    play = page.get_by_test_id("play")
    play.click()
    expect(play).to_have_text("Pause")
    play.click()
    expect(play).to_have_text("Play")
    assert float(player(page).get_attribute("data-t")) < 1


def test_it_stays_still_for_those_who_prefer_so(page, tmp_path, shown):
    page.emulate_media(reduced_motion="reduce")
    open_page(page, tmp_path, shown)
    expect(player(page)).to_have_attribute("data-t", "1")
    page.wait_for_timeout(400)
    expect(player(page)).to_have_attribute("data-t", "1")
    expect(page.get_by_test_id("play")).to_have_text("Play")


def test_keys_move_it_from_the_slider_and_from_elsewhere(opened, shown):
    slider, play = opened.get_by_test_id("slider"), opened.get_by_test_id("play")
    for element in (slider, play):
        for key, index in (("End", 75), ("ArrowLeft", 74), ("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2)):
            element.press(key)
            expect(player(opened)).to_have_attribute("data-t", f"{shown['t'][index]:g}")
    slider.press("End")
    said = slider.get_attribute("aria-valuetext")
    assert said.startswith("150% of the way: the model says class ")
    opened.get_by_test_id("reset").click()
    expect(player(opened)).to_have_attribute("data-t", "0")


def test_the_chart_can_be_clicked_and_dragged(opened, shown):
    chart = opened.get_by_test_id("chart")
    curve = [p.split(",") for p in opened.locator(".mp-chart .mp-true").get_attribute("points").split()]
    box = chart.bounding_box()
    at = lambda index: (box["x"] + float(curve[index][0]), box["y"] + 150)  # noqa: E731
    opened.mouse.move(*at(10))
    opened.mouse.down()
    expect(player(opened)).to_have_attribute("data-t", f"{shown['t'][10]:g}")
    opened.mouse.move(*at(60), steps=5)
    expect(player(opened)).to_have_attribute("data-t", f"{shown['t'][60]:g}")
    opened.mouse.up()
    opened.mouse.move(*at(20))
    expect(player(opened)).to_have_attribute("data-t", f"{shown['t'][60]:g}")


def test_amplification_is_printed_and_adjustable(opened, shown):
    go(opened, shown, 50)
    original, delta = images(shown)
    opened.get_by_label("Amplify half as much").click()
    expect(opened.get_by_test_id("amplification")).to_have_text("×4")
    point = np.clip(original + delta, 0, 255)
    np.testing.assert_allclose(
        canvas(opened, "perturbation", shown), np.clip(127.5 + 4 * (point - original), 0, 255), atol=1
    )
    np.testing.assert_allclose(canvas(opened, "adversarial", shown), point, atol=1)


def test_the_first_view_ends_at_twice_the_crossing_and_one_click_shows_the_whole_way(page, tmp_path, shown):
    page.emulate_media(reduced_motion="reduce")
    open_page(page, tmp_path, shown)
    slider, view = page.get_by_test_id("slider"), page.get_by_test_id("view")
    title = page.locator('[data-title="adversarial"]')
    expect(title).to_have_text("Adversarial")
    # The adversarial image lies beyond the view, one stop behind its end.
    assert shown["near"] == pytest.approx(2 * shown["crossings"]["true"], abs=0.02)
    slider.press("ArrowLeft")
    expect(player(page)).to_have_attribute("data-t", f"{shown['near']:g}")
    expect(title).to_have_text(f"On the way, {100 * shown['near']:.0f}%")
    slider.press("End")
    expect(player(page)).to_have_attribute("data-t", "1")
    plot = page.locator(".mp-fooled").bounding_box()
    crossing = page.get_by_test_id("crossing-true").bounding_box()
    middle = crossing["x"] + crossing["width"] / 2 - plot["x"]
    assert middle / plot["width"] == pytest.approx(0.5 / 1.1, abs=0.02)

    view.click()
    expect(view).to_have_text("Up to the boundary")
    expect(player(page)).to_have_attribute("data-t", "1")
    slider.press("End")
    expect(title).to_have_text("Beyond, 150%")
    view.click()
    expect(player(page)).to_have_attribute("data-t", "1")


def test_both_crossings_are_named_in_one_place_which_covers_no_other_words(page, tmp_path, shown):
    for width in (390, 1024):
        page.set_viewport_size({"width": width, "height": 768})
        open_page(page, tmp_path, shown)
        note = page.get_by_test_id("crossings")
        for kind, words in (("predicted", "predicted"), ("true", "true")):
            expect(note).to_contain_text(f"{words} {100 * shown['crossings'][kind]:.1f}%")
        for _ in range(2):
            assert page.evaluate(OVERLAPPING_WORDS) == []
            page.get_by_test_id("view").click()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1366, 768), (1024, 768)])
def test_pictures_and_curve_are_on_one_screen_in_letters_large_enough(page, tmp_path, width, height):
    page.set_viewport_size({"width": width, "height": height})
    open_page(page, tmp_path, payload(example_run(size=224)))
    top = page.get_by_test_id("original").bounding_box()["y"]
    chart = page.get_by_test_id("chart").bounding_box()
    assert chart["y"] + chart["height"] - top < 0.72 * height
    assert min(page.evaluate(FONT_SIZES)) >= 15


@pytest.mark.parametrize(("size", "scale"), [(8, "pixelated"), (64, "pixelated"), (224, "auto")])
def test_small_pictures_stay_crisp_and_large_ones_smooth(page, tmp_path, size, scale):
    page.set_viewport_size({"width": 1024, "height": 768})
    open_page(page, tmp_path, payload(example_run(size=size)))
    picture = page.get_by_test_id("adversarial")
    assert picture.evaluate("node => getComputedStyle(node).imageRendering") == scale
    side = picture.bounding_box()["width"]
    assert side > 150
    assert scale == "auto" or side % size == pytest.approx(0, abs=0.01)


def test_no_two_bars_ever_share_a_place(page, tmp_path, shown):
    open_page(page, tmp_path, shown)
    page.evaluate(WATCH_BARS)
    page.get_by_test_id("play").click()
    page.get_by_test_id("play").click()
    expect(player(page)).to_have_attribute("data-playing", "false", timeout=20_000)
    assert -100 < page.evaluate("worst") < 0.5


@pytest.mark.parametrize("width", [360, 390, 736, 1280])
def test_nothing_overflows_or_jumps(page, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 844})
    shown = payload(example_run(classes=tuple(f"West Highland white terrier {i}" for i in range(12))))
    open_page(page, tmp_path, shown)
    heights = set()
    for index in (0, 10, 50, 75):
        go(page, shown, index)
        heights.add(player(page).bounding_box()["height"])
    assert len(heights) == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tops = {
        page.get_by_test_id(name).bounding_box()["y"] for name in ("original", "perturbation", "adversarial")
    }
    assert len(tops) == (3 if width == 360 else 1)
    assert min(page.locator("canvas").evaluate_all("all => all.map((one) => one.clientWidth)")) >= 110


def test_a_hostile_name_stays_text(page, tmp_path):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    shown = payload(example_run(name=HOSTILE, classes=(HOSTILE,) * 12))
    open_page(page, tmp_path, shown)
    expect(page.get_by_test_id("bars")).to_contain_text(HOSTILE)
    expect(page).to_have_title("A run")
    assert len(requests) == 1


def mount(page: Page, shown: dict, name: str) -> None:
    page.evaluate(
        "([shown, name]) => { window[name] = mount(document.querySelector('.malt-player'), shown); }",
        [shown, name],
    )


def test_new_data_replaces_the_player_and_the_same_data_keeps_it(page, shown):
    page.set_content('<div class="malt-player"></div>')
    page.add_script_tag(content=f"{script()}\nwindow.mount = mount;", type="module")
    page.wait_for_function("window.mount !== undefined")
    other = payload(example_run(seed=1))
    mount(page, shown, "undoFirst")
    go(page, shown, 7)
    mount(page, shown, "undoSecond")
    page.evaluate("undoFirst()")  # late, as Streamlit may call it
    expect(page.get_by_test_id("slider")).to_have_value(str(shown["t"][7]))
    page.get_by_test_id("play").click()
    mount(page, other, "undoThird")
    page.evaluate("undoSecond()")
    expect(page.get_by_test_id("slider")).to_have_count(1)
    go(page, other, 3)
    np.testing.assert_allclose(canvas(page, "original", other), images(other)[0])
    page.evaluate(COUNT_MOVES)
    page.wait_for_timeout(300)
    page.get_by_test_id("play").press("ArrowRight")
    expect(player(page)).to_have_attribute("data-t", f"{other['t'][4]:g}")
    assert page.evaluate("moves") == 1  # nothing of the old player still runs or listens
    page.evaluate("undoThird()")
    expect(player(page)).to_be_empty()


def test_in_a_frame_the_page_tells_its_height_to_the_page_around_it(page: Page, tmp_path, shown) -> None:
    """With the lines that the README gives to bloggers."""
    (tmp_path / "figure.html").write_text(
        standalone_html(shown, title="A run", facts=[("Model", "tiny")], command="malt attack x"), "utf-8"
    )
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    begin = readme.index('<iframe src="figure.html"')
    lines = readme[begin : readme.index("</script>", begin) + len("</script>")]
    (tmp_path / "blog.html").write_text(f"<!doctype html><meta charset=utf-8><p>Text</p>{lines}", "utf-8")
    page.goto((tmp_path / "blog.html").as_uri())
    frame = page.frame_locator("iframe")
    expect(frame.get_by_test_id("original")).to_have_attribute("aria-label", re.compile("The original"))
    whole = frame.locator("html")
    page.wait_for_function("document.querySelector('iframe').offsetHeight > 500")
    for width in (1280, 500):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        needed = whole.evaluate("node => node.scrollHeight - node.clientHeight")
        assert needed <= 0, "nothing is cut off, and no second scroll bar"
    page.set_viewport_size({"width": 1280, "height": 900})
