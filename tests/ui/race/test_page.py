"""The Race page without a browser (Streamlit's AppTest), with the real model and the real AutoAttack."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from streamlit.testing.v1 import AppTest

from malt_core.errors import ModelUnavailable
from tests.helpers.pages import PATIENCE, ROOT, open_app, png, run_until, texts
from ui.compute.session import queue, shelf
from ui.pictures.picture import UPLOAD
from ui.race import pictures as race_pictures
from ui.widgets.markdown import plain

pytestmark = pytest.mark.slow

MODEL = "autoattack/resnet18-cifar10"
QUICK = {
    "model": MODEL,
    "photos": "flower",
    "eps": 4,
    "third": "fgsm",
}  # AutoAttack's first part is enough for it
ENDLESS = {"model": MODEL, "photos": "cat", "eps": 0.05, "third": "fgsm"}


def open_race(**params: object) -> AppTest:
    return open_app("race", **params)


def start(app: AppTest) -> AppTest:
    return app.button(key="start").click().run()


def wait_for_queue(app: AppTest, *, busy: bool) -> None:
    until = time.monotonic() + PATIENCE
    while bool(queue().counts()["running"]) != busy:
        assert time.monotonic() < until, queue().counts()
        time.sleep(0.05)
        app.run()


@pytest.fixture(scope="module")
def finished() -> AppTest:
    """A race that has come to its end."""
    return run_until(start(open_race(**QUICK)), "What it cost")


def test_first_words_need_no_torch() -> None:
    code = (
        "import sys, ui.race.result, ui.race.settings, ui.race.pictures, ui.race.work;"
        "heavy = {'torch', 'torchvision', 'robustbench', 'pyautoattack'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_it_says_beforehand_what_takes_how_long() -> None:
    app = open_race()
    assert not app.exception
    assert "a minute or more" in texts(app)
    assert app.button(key="start").label == "Start"
    assert len(app.button_group(key="photos").value) == 7
    assert not app.query_params, "an untouched page has a clean address"


def test_a_race_has_an_outcome_numbers_and_a_link(finished: AppTest) -> None:
    assert not finished.exception
    sentence = finished.subheader[0].value
    assert sentence.startswith("MALT and AutoAttack both fooled the network. MALT took ")
    numbers, pictures = (frame.value for frame in finished.dataframe)
    assert list(numbers["lane"]) == ["MALT", "FGSM", "AutoAttack"]
    assert list(numbers["stand"])[::2] == [0, 0]
    assert (numbers["seconds"] > 0).all()
    autoattack = numbers.iloc[2]
    assert (autoattack["forward passes"], autoattack["backward passes"]) == (8 + 1 + 101 + 1, 101)
    assert numbers.iloc[1]["backward passes"] == 1
    assert list(pictures["picture"]) == ["flower"]
    assert "APGD-CE" in pictures["AutoAttack"][0]
    assert "target 1" in pictures["MALT"][0]
    assert finished.query_params["run"] == "1"
    address = next(code.value for code in finished.code)
    assert "/race?" not in address or "third=fgsm" in address
    assert "photos=flower" in address


def test_the_link_shows_the_kept_race_at_once(finished: AppTest) -> None:
    again = open_race(**finished.query_params)
    assert again.subheader[0].value == finished.subheader[0].value
    assert again.selectbox(key="third").value == "fgsm"
    assert again.button_group(key="photos").value == ["flower"]
    assert again.text_input(key="eps_linf").value == "4"


def test_another_third_lane_keeps_the_other_lanes(finished: AppTest) -> None:
    app = open_race(**{**QUICK, "third": "pgd"})
    run_until(start(app), "What it cost")
    before, after = finished.dataframe[0].value, app.dataframe[0].value
    assert list(after["lane"]) == ["MALT", "PGD", "AutoAttack"]
    assert before.iloc[2].equals(after.iloc[2]), "the same run, to the last digit of its time"
    assert after.iloc[1]["backward passes"] == 100


def test_measuring_again_runs_every_lane_anew(finished: AppTest) -> None:
    app = open_race(**finished.query_params)
    before = app.dataframe[0].value
    next(button for button in app.button if button.label == "Measure again").click().run()
    run_until(app, "What it cost")
    after = app.dataframe[0].value
    assert (before["seconds"] != after["seconds"]).all()
    assert (before["forward passes"] == after["forward passes"]).all()


def test_the_page_is_found_as_it_was_left(finished: AppTest) -> None:
    app = open_race(**finished.query_params)
    sentence = app.subheader[0].value
    app.query_params.clear()  # as the browser does on a click in the navigation
    app.switch_page("pages/attack.py").run()
    assert not app.exception
    assert app.selectbox(key="model").value == MODEL, "the network goes along"
    assert app.button_group(key="photo").value == "flower", "the picture, too"
    app.query_params.clear()
    app.switch_page("pages/race.py").run()
    assert app.subheader[0].value == sentence
    assert app.query_params["photos"] == "flower"


def test_stop_keeps_what_is_there_and_start_goes_on() -> None:
    app = start(open_race(**ENDLESS))
    run_until(app, "Who fooled what")
    wait_for_queue(app, busy=True)
    until = time.monotonic() + PATIENCE
    while "AutoAttack: " not in app.get("progress")[0].proto.text:
        assert time.monotonic() < until
        time.sleep(0.1)
        app.run()
    app.button(key="stop").click().run()
    assert "AutoAttack was stopped after" in app.subheader[0].value
    assert "MALT did not fool the network in" in app.subheader[0].value
    assert "run" not in app.query_params
    wait_for_queue(app, busy=False)
    stopped = app.dataframe[0].value

    start(app)
    assert app.button(key="stop")
    app.button(key="stop").click().run()
    wait_for_queue(app, busy=False)
    again = app.dataframe[0].value
    assert again.iloc[0].equals(stopped.iloc[0]), "MALT's lane is not run twice"


def test_a_changed_setting_ends_the_race() -> None:
    app = start(open_race(**{**ENDLESS, "seed": 5}))
    wait_for_queue(app, busy=True)
    app.number_input(key="seed").set_value(6).run()
    wait_for_queue(app, busy=False)
    assert "run" not in app.query_params
    assert "a minute or more" in texts(app)


def test_pressing_twice_runs_once() -> None:
    app = start(open_race(**{**ENDLESS, "seed": 8}))
    start(app)
    wait_for_queue(app, busy=True)
    counts = queue().counts()
    assert counts["running"] + counts["waiting"] == 1
    app.button(key="stop").click().run()
    wait_for_queue(app, busy=False)


def test_no_picture_no_race() -> None:
    app = open_race(photos="")
    assert not app.exception
    assert app.button(key="start").disabled
    assert "at least one picture" in texts(app)
    app = open_race(photos=UPLOAD, run=1)
    assert app.button(key="start").disabled


def test_pictures_of_ones_own_race_and_wrong_files_are_explained() -> None:
    app = open_race(model=MODEL, photos=UPLOAD, eps=8, third="fgsm")
    files = [("holiday.png", png(), "image/png"), ("notes.png", b"just words", "image/png")]
    app.file_uploader(key="files").set_value(files).run()
    assert not app.exception
    assert any(plain("notes.png") in warning.value for warning in app.warning)
    run_until(start(app), "What it cost")
    assert list(app.dataframe[1].value["picture"]) == ["holiday.png"]
    assert any("cannot hold pictures of your own" in caption.value for caption in app.caption)
    sentence = app.subheader[0].value

    app.query_params.clear()
    app.switch_page("pages/attack.py").run()
    app.query_params.clear()
    app.switch_page("pages/race.py").run()
    assert not app.exception
    assert app.subheader[0].value == sentence, "the picture is still there"
    assert any(plain("holiday.png") in caption.value for caption in app.caption)
    app.radio(key="crop").set_value("fit").run()
    assert not app.button(key="start").disabled, "in another crop, too"
    assert "Still here: holiday.png, notes.png." in texts(app)


def test_pictures_are_told_by_their_bytes_and_a_jpeg_xl_gets_advice() -> None:
    app = open_race(model=MODEL, photos=UPLOAD)
    assert not app.file_uploader(key="files").proto.type
    jxl = b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99)
    files = [("holiday.jfif", png(), "image/jpeg"), ("photo.jxl", jxl, "image/jxl")]
    app.file_uploader(key="files").set_value(files).run()
    assert any(plain("a JPEG XL picture. Save it as PNG or JPEG") in warning.value for warning in app.warning)
    assert not app.button(key="start").disabled


def test_too_many_pictures_are_told() -> None:
    app = open_race(photos=f"cat,{UPLOAD}")
    files = [(f"{i}.png", png(), "image/png") for i in range(13)]
    app.file_uploader(key="files").set_value(files).run()
    assert any("12 pictures at most" in warning.value for warning in app.warning)


def test_a_misclassified_picture_is_nobodys_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race_pictures, "true_class", lambda _photo, info: info.classes.index("truck"))
    app = run_until(start(open_race(**{**QUICK, "photos": "cat"})), "nothing to race for")
    assert not app.exception
    assert "cat (it says “cat”), so no lane touched it" in texts(app)
    assert not app.dataframe


def test_a_network_that_cannot_be_loaded_is_explained_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_model: str, _report: object) -> None:
        raise ModelUnavailable("The weights could not be downloaded.")

    with monkeypatch.context() as offline:
        offline.setattr(shelf(), "get", refuse)
        app = start(open_race(**{**QUICK, "seed": 3}))
        run_until(app, "could not be downloaded")
        assert not app.subheader
        assert "run" in app.query_params
    run_until(start(app), "What it cost")
    assert not app.error


def test_nonsense_in_the_link_is_explained() -> None:
    app = open_race(model="nobody/knows", third="marathon", photos="cat,dog")
    assert not app.exception
    (said,) = app.warning
    assert said.value.count("\n- ") == 2, "three complaints in one box"
    assert app.button_group(key="photos").value == ["cat"]
