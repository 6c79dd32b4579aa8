"""The Race page without a browser (Streamlit's AppTest), with a real model and the real AutoAttack."""

from __future__ import annotations

import io
import subprocess
import sys
import time

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from malt_core.errors import ModelUnavailable
from malt_core.images.resize import pixel_digest
from malt_core.race import words
from tests.helpers.pages import PATIENCE, ROOT, open_app, png, run_until, texts
from ui.compute.session import queue, shelf
from ui.pictures.picture import UPLOAD
from ui.race import pictures as race_pictures
from ui.race.example import stored_images, stored_race
from ui.race.link import first_photos
from ui.widgets.markdown import plain

pytestmark = pytest.mark.slow

MODEL = "autoattack/resnet18-cifar10"
QUICK = {
    "model": MODEL,
    "photos": "flower",
    "eps": 4,
    "third": "fgsm",
}  # AutoAttack's first part is enough for it
OVER = "as long as this server keeps it"  # beside the link to a race that is over
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
    return run_until(start(open_race(**QUICK)), OVER)


def test_first_words_need_no_torch() -> None:
    code = (
        "import sys, ui.race.result, ui.race.settings, ui.race.pictures, ui.race.work;"
        "heavy = {'torch', 'torchvision', 'robustbench', 'pyautoattack'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_it_opens_with_a_finished_race() -> None:
    app = open_race()
    assert not app.exception
    stored = stored_race()
    assert app.subheader[0].value == plain(words.headline(stored.record))
    assert "A finished race" in texts(app)
    assert "not kept here" not in texts(app)
    assert list(app.dataframe[0].value["attack"]) == ["MALT", "Naive targeting", "AutoAttack"]
    assert all(one.credit in texts(app) for one in stored.record.pictures)
    assert app.button(key="start").label == "Start"
    assert "a minute or more" in texts(app)
    assert 0 < len(app.button_group(key="photos").value) <= 7
    assert not app.query_params, "an untouched page has a clean address"
    assert not queue().counts()["running"]


def test_the_pictures_of_the_example_are_those_that_were_raced_on() -> None:
    found = [pixel_digest(Image.open(io.BytesIO(data))) for data in stored_images()]
    assert found == [one.sha256 for one in stored_race().record.pictures]


def test_a_link_to_a_race_that_is_not_kept_waits_for_start() -> None:
    app = open_race(**{**QUICK, "seed": 77})
    assert not app.exception
    assert "not kept here: **Start** races it anew" in texts(app)
    assert app.subheader[0].value == plain(words.headline(stored_race().record)), "an example meanwhile"
    assert not app.get("progress")


def test_the_link_of_the_example_shows_it() -> None:
    app = open_race(**stored_race().settings.write())
    assert "A finished race of these settings" in texts(app)
    assert not app.get("progress")


def test_a_race_has_an_outcome_numbers_and_a_link(finished: AppTest) -> None:
    assert not finished.exception
    sentence = finished.subheader[0].value.replace("\\", "")
    assert sentence.startswith("All three attacks changed the network's answer.")
    assert "Each was through: MALT after" in sentence
    numbers, pictures = (frame.value for frame in finished.dataframe)
    assert list(numbers["attack"]) == ["MALT", "FGSM", "AutoAttack"]
    assert list(numbers["unchanged"]) == [0, 0, 0]
    assert (numbers["seconds"] > 0).all()
    autoattack = numbers.iloc[2]
    assert (autoattack["forward passes"], autoattack["backward passes"]) == (8 + 1 + 101 + 1, 101)
    assert numbers.iloc[1]["backward passes"] == 1
    assert list(pictures["picture"]) == ["flower"]
    assert "APGD-CE" in pictures["AutoAttack"][0]
    assert "target 1" in pictures["MALT"][0]
    assert "shown from memory" not in texts(finished)
    assert finished.query_params["run"] == "1"
    address = next(code.value for code in finished.code)
    assert "photos=flower" in address
    assert "third=fgsm" in address
    assert "run=1" not in address, "the link starts nothing"
    labels = [button.label for button in finished.get("download_button")]
    assert labels[0] == "Picture (PNG)"
    assert labels[-1] == "Record (race.json)"


def test_the_link_shows_the_kept_race_at_once(finished: AppTest) -> None:
    link = {name: value for name, value in finished.query_params.items() if name != "run"}
    again = open_race(**link)
    assert again.subheader[0].value == finished.subheader[0].value
    assert "shown from memory, with the times measured then" in texts(again)
    assert again.selectbox(key="third").value == "fgsm"
    assert again.button_group(key="photos").value == ["flower"]
    assert again.text_input(key="eps_linf").value == "4"


def test_another_third_lane_keeps_the_other_lanes(finished: AppTest) -> None:
    app = open_race(**{**QUICK, "third": "pgd"})
    run_until(start(app), OVER)
    before, after = finished.dataframe[0].value, app.dataframe[0].value
    assert list(after["attack"]) == ["MALT", "PGD", "AutoAttack"]
    assert before.iloc[2].equals(after.iloc[2]), "the same run, to the last digit of its time"
    assert "measured in an earlier race: MALT and AutoAttack" in texts(app)
    assert after.iloc[1]["backward passes"] == 100


def test_measuring_again_runs_every_lane_anew(finished: AppTest) -> None:
    app = open_race(**finished.query_params)
    before = app.dataframe[0].value
    next(button for button in app.button if button.label == "Measure again").click().run()
    run_until(app, OVER)
    after = app.dataframe[0].value
    assert (before["seconds"] != after["seconds"]).all()
    assert (before["forward passes"] == after["forward passes"]).all()
    assert "shown from memory" not in texts(app)


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
    run_until(app, "Picture by picture")
    wait_for_queue(app, busy=True)
    until = time.monotonic() + PATIENCE
    while "AutoAttack: " not in app.get("progress")[0].proto.text:
        assert time.monotonic() < until
        time.sleep(0.1)
        app.run()
    app.button(key="stop").click().run()
    assert "AutoAttack was stopped after" in app.subheader[0].value
    assert "MALT gave up after" in app.subheader[0].value
    assert "Stopped. Below is what there was by then" in texts(app)
    assert "run" not in app.query_params
    wait_for_queue(app, busy=False)
    stopped = app.dataframe[0].value

    run_until(start(app), "Picture by picture")
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
    assert "A finished race: " in texts(app)


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
    run_until(start(app), "cannot hold pictures of your own")
    assert list(app.dataframe[1].value["picture"]) == ["holiday.png"]
    assert "fooled, if it was right before" in app.dataframe[1].value["MALT"][0]
    sentence = app.subheader[0].value

    app.query_params.clear()
    app.switch_page("pages/attack.py").run()
    assert app.session_state.photo == UPLOAD
    assert "Still here: holiday.png." in texts(app)
    assert not app.button(key="attack").disabled
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


def test_a_network_that_was_wrong_from_the_start_is_not_fooled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race_pictures, "true_classes", lambda _photo, info: frozenset({9}))
    app = run_until(start(open_race(**QUICK)), OVER)
    assert not app.exception
    assert "fooled" not in app.subheader[0].value
    assert "wrong from the start about flower" in texts(app)
    assert "wrong before" in app.dataframe[1].value["MALT"][0]


def test_a_network_that_cannot_be_loaded_is_explained_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_model: str, _report: object) -> None:
        raise ModelUnavailable("The weights could not be downloaded.")

    with monkeypatch.context() as offline:
        offline.setattr(shelf(), "get", refuse)
        app = start(open_race(**{**QUICK, "seed": 3}))
        run_until(app, "could not be downloaded")
        assert "run" in app.query_params
    run_until(start(app), OVER)
    assert not app.error


def test_nonsense_in_the_link_is_explained() -> None:
    app = open_race(model="nobody/knows", third="marathon", photos="cat,dog")
    assert not app.exception
    (said,) = app.warning
    assert said.value.count("\n- ") == 2, "three complaints in one box"
    assert app.button_group(key="photos").value == ["cat"]


def test_another_network_brings_its_pictures_unless_they_were_chosen() -> None:
    app = open_race()
    app.selectbox(key="model").set_value(MODEL).run()
    photos = app.button_group(key="photos")
    assert set(photos.value) == set(first_photos(MODEL))
    photos.set_value(["flower"]).run()
    app.selectbox(key="model").set_value("tiny-imagenet/robust").run()
    assert not app.exception
    assert app.button_group(key="photos").value == ["flower"]
