"""A .malt file on the Attack page: the same numbers again, and nothing is attacked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from malt_core.export.bundles.write import bundle_bytes
from tests.helpers.bundles import hostile, resealed, sound, unpacked
from tests.helpers.pages import open_app, png, texts
from ui.attack import work
from ui.attack.example import stored_example
from ui.compute import session
from ui.pictures.picture import gallery_picture


@pytest.fixture
def dropped() -> AppTest:
    """The page after the stored example was dropped on it as a .malt file."""
    return drop(bundle_bytes(stored_example("robust").snapshot), "espresso.malt")


def drop(data: bytes, name: str) -> AppTest:
    app = open_app(photo="upload")
    return app.file_uploader(key="file").set_value((name, data, "application/zip")).run()


def test_the_same_result_is_shown_without_attacking(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(session.queue(), "submit", lambda *job, **_: asked.append(job))
    dropped = drop(bundle_bytes(stored_example("robust").snapshot), "espresso.malt")
    assert asked == [], "nothing was computed"
    assert not dropped.exception
    snapshot = stored_example("robust").snapshot
    said = texts(dropped)
    assert "A stored run of MALT Lab" in said
    assert "nothing was attacked now" in said
    assert dropped.subheader[0].value
    numbers = {metric.label: metric.value for metric in dropped.metric}
    assert numbers["Backward passes"] == f"{snapshot.record.n_backward:,}"
    assert dropped.button(key="attack").disabled, "there is no new picture"


def test_attack_again_has_its_settings_and_its_picture(dropped: AppTest, monkeypatch) -> None:
    pressed = []
    monkeypatch.setattr("ui.attack.view.note_press", pressed.append)
    monkeypatch.setattr("ui.attack.view.show_attacked", lambda *_: None)
    dropped.button(key="attack_stored").click().run()
    assert not dropped.exception
    example = stored_example("robust")
    picture = gallery_picture(example.settings.photo, (64, 64), "centre")
    assert pressed == [work.attack_key(example.settings, picture)]


def test_a_picture_of_ones_own_comes_back_pixel_by_pixel(monkeypatch) -> None:
    pressed = []
    monkeypatch.setattr("ui.attack.view.note_press", pressed.append)
    monkeypatch.setattr("ui.attack.view.show_attacked", lambda *_: None)
    snapshot = stored_example("robust").snapshot
    record = replace(snapshot.record, image=replace(snapshot.record.image, source="cup.jpg", name="cup.jpg"))
    app = drop(bundle_bytes(replace(snapshot, record=record)), "cup.malt")
    app.button(key="attack_stored").click().run()
    assert not app.exception
    assert len(pressed) == 1
    assert app.session_state["picture"].digest == record.image.sha256


def test_a_run_of_a_network_that_is_not_here_is_shown_all_the_same() -> None:
    app = drop(sound(), "tiny.malt")
    assert not app.exception
    assert "tests/tiny" in texts(app)
    assert "attack_stored" not in [button.key for button in app.button]


def test_words_of_a_stranger_are_no_markup() -> None:
    members = unpacked(sound())
    record = json.loads(members["run.json"])
    record["image"]["name"] = "![x](http://example.org/x.png)"
    curves = json.loads(members["curves.json"]) | {"way": "[click](javascript:x)"}
    changed = {"run.json": json.dumps(record).encode(), "curves.json": json.dumps(curves).encode()}
    app = drop(resealed(members | changed), "tiny.malt")
    assert not app.exception
    shown = [element.value for element in (*app.markdown, *app.info)]
    assert not [text for text in shown if "![x]" in text or "[click](" in text]


@pytest.mark.parametrize("what", ["truncated", "a climbing path"])
def test_a_bad_file_is_refused_in_one_sentence_and_the_page_goes_on(what: str) -> None:
    data, says = hostile()[what]
    app = drop(data, "x.malt")
    assert not app.exception
    assert says in texts(app)
    app.file_uploader(key="file").set_value(("holiday.png", png(), "image/png")).run()
    assert not app.exception
    assert not app.error


def test_the_settings_of_the_example_come_back() -> None:
    from malt_core.export.bundles.read import read_bundle
    from ui.attack.opened import _settings

    for name in ("default", "robust"):
        example = stored_example(name)
        assert _settings(read_bundle(bundle_bytes(example.snapshot), "x.malt")) == example.settings
    record = replace(example.snapshot.record, eot=5)
    assert _settings(read_bundle(bundle_bytes(replace(example.snapshot, record=record)), "x.malt")) is None, (
        "the page has no such setting"
    )
