import base64
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from malt_core.attack_run import player
from malt_core.attack_run.pictures import perturbation_png
from malt_core.attack_run.player import payload, script
from malt_core.errors import BadImage
from malt_core.export.html import standalone_html
from malt_core.linearity.measurement import FINE
from tests.helpers.example_run import example_run

HOSTILE = "</script><img src=x onerror=\"document.title='hacked'\"><!-- ${title} $title"


def decoded(shown: dict, key: str, kind: str) -> np.ndarray:
    array = np.frombuffer(base64.b64decode(shown[key]), kind)
    return array.reshape(shown["height"], shown["width"], 3)


def pixels(x) -> np.ndarray:
    return np.rint(x.numpy().transpose(1, 2, 0) * 255)


@pytest.mark.parametrize(("steps", "kind"), [(16, "int8"), (200, "int16"), (2.5, "float32")])
def test_original_and_delta_give_back_the_adversarial_image(steps, kind):
    run = example_run(steps=steps)
    shown = payload(run)
    assert shown["delta_type"] == kind
    original, delta = decoded(shown, "original", "uint8"), decoded(shown, "delta", kind)
    np.testing.assert_array_equal(original, pixels(run.sample.x))
    unit = 255 if kind == "float32" else 1
    adversarial = run.result.adversarial.numpy().transpose(1, 2, 0) * 255
    np.testing.assert_allclose(original + unit * delta.astype(float), adversarial, atol=1e-3)


def test_images_need_not_be_square():
    run = example_run()
    wide = replace(
        run,
        sample=replace(run.sample, x=run.sample.x[:, :5]),
        result=replace(run.result, adversarial=run.result.adversarial[:, :5]),
    )
    shown = payload(wide)
    assert (shown["width"], shown["height"]) == (8, 5)
    np.testing.assert_array_equal(decoded(shown, "original", "uint8"), pixels(wide.sample.x))


@pytest.mark.parametrize(
    ("steps", "factor"), [(16, 8), (8, 16), (1, 128), (0.99, 128), (200, 1), (0.1, 256), (64.1, 2)]
)
def test_page_and_png_show_the_same_amplification(steps, factor):
    run = example_run(steps=steps)
    assert payload(run)["amplification"] == perturbation_png(run)[1] == factor


@pytest.mark.parametrize("steps", [16, 200, 2.5])
def test_the_perturbation_can_be_had_from_what_is_stored(steps):
    run = example_run(steps=steps)
    shown, exported = (
        np.asarray(Image.open(io.BytesIO(png))).astype(int)
        for png in (player.perturbation_png(payload(run)), perturbation_png(run)[0])
    )
    np.testing.assert_allclose(shown, exported, atol=1)  # 127.5 is rounded one way or the other


def test_no_change_at_all_is_shown_without_a_division_by_zero():
    run = example_run()
    still = replace(run, result=replace(run.result, adversarial=run.sample.x))
    assert payload(still)["amplification"] == 1


def test_every_class_of_any_top_five_comes_with_its_probabilities():
    run = example_run()
    shown = payload(run)
    columns = [c["index"] for c in shown["classes"]]
    truth = run.linearity.probabilities.numpy()
    np.testing.assert_allclose(shown["probabilities"], truth[:, columns], atol=1e-6)
    assert {shown["label"]["index"], shown["target"]["index"]} <= set(columns)
    for row in truth:
        assert set(np.argsort(row)[-5:]) <= set(columns)


def test_the_margins_and_their_crossings_are_the_reports():
    run = example_run()
    shown = payload(run)
    assert shown["t"] == list(run.linearity.t)
    np.testing.assert_allclose(shown["true_margin"], run.linearity.true_margin, atol=1e-6)
    np.testing.assert_allclose(shown["linear_margin"], run.linearity.linear_margin, atol=1e-6)
    assert shown["crossings"]["true"] == pytest.approx(run.linearity.true_crossing)
    assert shown["success"]


@pytest.mark.parametrize(
    ("true", "predicted", "until"),
    [(0.2, 0.3, 0.4), (None, 0.3, 0.6), (0.31, None, 0.62), (0.9, 0.3, 1.5), (None, None, 1.5)],
)
def test_the_first_view_ends_at_twice_the_crossing(true, predicted, until):
    run = example_run()
    report = replace(run.linearity, t=tuple(FINE), true_crossing=true, predicted_crossing=predicted)
    assert report.near == until
    assert payload(replace(run, linearity=report))["near"] == until


def test_undefined_numbers_become_none_and_the_rest_stays_json():
    run = example_run()
    undefined = replace(run.linearity, max_deviation=float("inf"), true_crossing=None)
    shown = json.loads(json.dumps(payload(replace(run, linearity=undefined)), allow_nan=False))
    assert shown["crossings"]["true"] is None


def test_the_id_tells_runs_apart_and_is_stable():
    ids = [payload(example_run(seed=seed))["id"] for seed in (0, 0, 1)]
    assert ids[0] == ids[1] != ids[2]


def test_a_run_without_a_path_is_refused_in_words():
    with pytest.raises(BadImage, match=r"holiday\.png.*without any attack"):
        payload(replace(example_run(), linearity=None))


def test_the_bundled_script_has_no_imports_left_and_cannot_end_its_element():
    assert "import " not in script()
    assert "</script" not in script().lower()
    assert script().count("export ") == 2  # mount, and the default that Streamlit calls


class Page(HTMLParser):
    """Collects the elements of a page, the addresses it names, and the text of its JSON."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.json = ""
        self.words = ""
        self._in_json = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.addresses += [value for key, value in attrs if key in ("src", "href")]
        self._in_json = given.get("type") == "application/json"

    def handle_endtag(self, tag):
        self._in_json = False

    def handle_data(self, data):
        if self._in_json:
            self.json += data
        else:
            self.words += data


def test_names_cannot_become_markup_in_the_standalone_page():
    shown = payload(example_run(name=HOSTILE, classes=(HOSTILE,) * 12))
    page = Page(standalone_html(shown, title=HOSTILE, facts=[(HOSTILE, HOSTILE)], command=HOSTILE))
    assert page.tags.count("script") == 2
    assert "img" not in page.tags
    assert json.loads(page.json) == shown
    assert page.words.count(HOSTILE) == 5  # title, heading, term, value, command: all of it as text


def test_the_standalone_page_needs_nothing_else_and_stays_small():
    shown = payload(example_run(size=224))
    text = standalone_html(shown, title="t", facts=[("Seed", "0")], command="python -m malt_core")
    assert Page(text).addresses == ["https://arxiv.org/abs/2407.02240"]
    assert len(text) < 500_000


def mounted(shown):
    from ui.widgets.player import show_player

    show_player(shown, key="player")


def test_streamlit_mounts_the_player_with_the_payload():
    shown = payload(example_run())
    app = AppTest.from_function(mounted, kwargs={"shown": shown}, default_timeout=20).run()
    assert not app.exception
    (component,) = app.get("bidi_component")
    assert json.loads(component.proto.json) == shown
    assert "export default" in component.proto.js_content
