"""The Linearity page without a browser (AppTest): its example, and what a tiny network was found to be."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from malt_core.explanations import straightness_words as words
from malt_core.explanations.straightness_types import Doing, Straightness
from malt_core.linearity.scale_names import REACHES
from malt_core.models.catalogue import model_info
from tests.helpers import straight
from tests.helpers.pages import PATIENCE, ROOT, open_app, png, run_until, texts
from ui.compute.session import queue
from ui.linearity import job, work
from ui.linearity.example import FILE, stored_linearity
from ui.linearity.link import COMPARED, LinearitySettings
from ui.linearity.plane import plane_data
from ui.pictures.picture import UPLOAD, Picture, gallery_picture

pytestmark = pytest.mark.slow
MODEL = "tiny-imagenet/robust"


def test_first_words_need_no_torch() -> None:
    code = (
        "import sys, ui.linearity.live, ui.linearity.settings, ui.linearity.work;"
        "ui.linearity.example.stored_linearity();"
        "heavy = {'torch', 'torchvision', 'scipy'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_the_example_is_small_and_whole() -> None:
    stored = stored_linearity()
    assert FILE.stat().st_size < 300_000
    assert stored.settings == LinearitySettings.read({}).settings
    assert {one.model for one in stored.found} == set(COMPARED)
    for one in stored.found:
        assert tuple(scale.reach for scale in one.scales) == REACHES
        assert one.planes
        assert one.drift
        assert all(plane.axes.image and plane.grid for plane in one.planes.values())


def test_it_opens_with_the_example_and_computes_nothing() -> None:
    app = open_app("linearity")
    assert not app.exception
    stored = stored_linearity()
    said = texts(app)
    assert "A finished measurement of these settings" in said
    assert words.headline(stored.found[0]) in said
    assert words.crossing(stored.found[0], _names(stored.found[0].model)) in said
    assert words.drift_sentence(stored.found[0]) in said
    networks = ["Robust, 64 pixels", "Undefended, 224 pixels", "Undefended, 64 pixels"]
    assert list(app.dataframe[0].value["network"]) == networks
    assert app.button(key="measure").label == "Measure"
    assert not app.query_params
    assert not app.get("progress")


def _names(model: str) -> tuple[str, ...]:
    return model_info(model).classes


def test_another_network_and_another_scale_are_shown() -> None:
    app = open_app("linearity")
    app.segmented_control(key="linearity_shown").set_value(COMPARED[1]).run()
    other = next(one for one in stored_linearity().found if one.model == COMPARED[1])
    assert words.headline(other) in texts(app)
    app.select_slider(key="reach").set_value(30.0).run()
    assert f"The line is off by {words.part(other.scale(30.0).deviation, words.CHANGE)}" in texts(app)
    assert not app.exception


def test_the_random_axis_is_labelled_as_flattering() -> None:
    app = open_app("linearity")
    views = next(box for box in app.segmented_control if box.label == "What to look at")
    assert "flattering" not in texts(app)
    views.set_value("random").run()
    assert "flattering choice" in texts(app)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's work is what a tiny network was found to be, under the name of a bundled one."""

    def events(*_: object) -> object:
        def run(_models: object) -> object:
            for event in straight.events():
                yield event if isinstance(event, Doing) else replace(event, model=MODEL)

        return run

    monkeypatch.setattr(work, "linearity", events)
    monkeypatch.setattr(job, "load_models", lambda _ids: lambda _report: [])


def test_a_measurement_ends_with_a_link_that_opens_it_again(small: None) -> None:
    app = open_app("linearity", model=MODEL, photo="rocket", beside="one", eps=4, run=1)
    run_until(app, "At three scales")
    assert not app.exception
    assert "photo=rocket" in app.code[0].value
    assert "run=1" in app.code[0].value
    found = straight.found()
    assert words.headline(found) in texts(app)


def test_a_picture_of_ones_own_reaches_each_network_at_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Picture] = {}

    def events(_settings: object, pictures: dict[str, Picture]) -> object:
        given.update(pictures)
        return lambda _models: iter([replace(straight.found(), model=MODEL)])

    monkeypatch.setattr(work, "linearity", events)
    monkeypatch.setattr(job, "load_models", lambda _ids: lambda _report: [])
    app = open_app("linearity", photo=UPLOAD)
    app.file_uploader(key="file").set_value(("mine.png", png(300, 260), "image/png")).run()
    app.button(key="measure").click().run()
    run_until(app, "At three scales")
    assert "A link cannot hold a picture of your own" in texts(app)
    assert {model: one.image.size for model, one in given.items()} == {
        model: model_info(model).size for model in COMPARED
    }
    assert {one.name for one in given.values()} == {"mine.png"}


def test_what_was_stopped_is_still_shown(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> object:
        def run(_models: object) -> object:
            yield replace(straight.found(), model=MODEL, planes={}, drift=())
            while True:
                time.sleep(0.02)
                yield Doing(what="Going on and on …", share=0.5)

        return run

    monkeypatch.setattr(work, "linearity", endless)
    app = open_app("linearity", model=MODEL, photo="pagoda", beside="one", run=1)
    run_until(app, words.headline(straight.found()))
    app.button(key="stop").click().run()
    assert "Stopped" in texts(app)
    assert words.headline(straight.found()) in texts(app)
    until = time.monotonic() + PATIENCE
    while queue().counts()["running"]:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_the_component_gets_is_the_plane(small: None) -> None:
    found = replace(straight.found(), model=MODEL)
    plane = next(iter(found.planes.values()))
    data = plane_data(found, plane, "alt")
    assert [data["classes"][i] for i in data["answers"]] == [_names(MODEL)[i] for i in plane.grid.answers]
    assert len(data["colours"]) == len(data["classes"]) == len(set(data["classes"]))
    assert data["classes"][0] == _names(MODEL)[found.label]
    other = plane_data(found, found.planes["random"], "alt")
    assert other["id"] != data["id"]
    elsewhere = replace(plane, grid=replace(plane.grid, reach=plane.grid.reach / 2))
    assert plane_data(found, elsewhere, "alt")["id"] != data["id"], "another view of the same axes"


def test_measured_keeps_the_latest_of_each_network() -> None:
    a, b = (
        Straightness(
            model=model, norm="linf", eps=0.1, label=0, target=1, likeliest=2, success=True, planes={}
        )
        for model in "ab"
    )
    later = replace(a, success=False)
    assert work.measured([a, Doing(what="", share=0), b, later]) == (later, b)


def test_the_key_follows_what_matters() -> None:
    settings = LinearitySettings.read({}).settings
    cat, rocket = (gallery_picture(photo, (64, 64), "centre") for photo in ("cat", "rocket"))
    assert work.key_of(settings, cat) == work.key_of(settings, cat)
    keys = {
        work.key_of(settings, cat), work.key_of(settings, rocket),
        work.key_of(replace(settings, eps=1.0), cat), work.key_of(replace(settings, beside="one"), cat),
    }  # fmt: skip
    assert len(keys) == 4


def test_drift_is_measured_on_other_photographs_too() -> None:
    others = work.others_of(MODEL, "espresso")
    assert len(others) == work.OTHERS
    assert "espresso" not in others
