"""The Attack page without a browser (Streamlit's AppTest), with the real model."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup, Selectbox

from malt_core.attack_run.record import record_to_json
from malt_core.models.catalogue import list_models, model_info
from scripts import make_attack_example
from tests.helpers.pages import PATIENCE, ROOT, open_app, png, run_until, texts
from ui.address.parameters import NONE_OF_THESE
from ui.attack import example, work
from ui.attack.link import AttackSettings
from ui.compute.session import queue
from ui.pictures.picture import UPLOAD, gallery_picture
from ui.widgets.markdown import plain

QUICK = {"model": "tiny-imagenet/standard", "eps": 4}


def upload(app: AppTest, data: bytes, name: str) -> AppTest:
    app.button_group(key="photo").set_value(UPLOAD).run()
    return app.file_uploader(key="file").set_value((name, data, "image/png")).run()


def offered(app: AppTest) -> ButtonGroup:
    """The answers that the question offers, once they are known."""
    until = time.monotonic() + PATIENCE
    while not (found := [group for group in app.button_group if group.key.startswith("truth_offered")]):
        assert time.monotonic() < until, texts(app)
        time.sleep(0.1)
        app.run()
    return found[0]


def searched(app: AppTest) -> Selectbox:
    """The search among all classes."""
    return next(box for box in app.selectbox if box.key.startswith("truth_searched"))


def first_answer(app: AppTest) -> int:
    """The class that the network finds likeliest, as the question offers it."""
    said = offered(app).options[0]
    return model_info(app.selectbox(key="model").value).classes.index(said.removeprefix("Yes, "))


def numbers(value: object, path: str = "") -> dict[str, float]:
    """Every number inside a JSON value, by where it is."""
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in numbers(item, f"{path}/{key}").items()}
    if isinstance(value, list):
        return {k: v for i, item in enumerate(value) for k, v in numbers(item, f"{path}/{i}").items()}
    return {path: value} if isinstance(value, int | float) else {}


def pixels_of(png_file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png_file))).astype(int)


def test_first_words_and_example_need_no_torch() -> None:
    code = (
        "import sys, ui.attack.result, ui.attack.settings, ui.pictures.picker, ui.attack.live;"
        "import ui.attack.preview, ui.attack.example;"
        "import malt_core.attack_run.figures;"
        "heavy = {'torch', 'torchvision', 'robustbench', 'sklearn', 'matplotlib'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("name", sorted(example.EXAMPLES))
def test_a_stored_example_is_of_the_settings_that_it_is_shown_for(name: str) -> None:
    stored = example.stored_example(name)
    assert stored.settings == example.EXAMPLES[name], "run scripts.make_attack_example"
    record = stored.snapshot.record
    assert record.model == stored.settings.model
    assert record.eps == pytest.approx(stored.settings.epsilon.value)
    picture = gallery_picture(stored.settings.photo, model_info(record.model).size, stored.settings.crop)
    assert record.image.sha256 == picture.digest


def test_the_opening_example_tells_the_story() -> None:
    """Named right and surely, fooled into the class asked for, in a picture that a PNG holds."""
    stored = example.stored_example("default")
    assert stored.settings == AttackSettings.read({}).settings
    record = stored.snapshot.record
    assert record.clean_label.name == "espresso"
    assert record.clean_label.confidence > 0.8
    assert (record.reached, record.survives_png) == (True, True)
    crossing = record.linearity
    assert crossing.predicted_crossing == pytest.approx(crossing.true_crossing, abs=0.05)


@pytest.mark.slow
def test_the_robust_example_computed_anew_is_the_same() -> None:
    stored = example.stored_example("robust")
    fresh, kept = make_attack_example.compute(stored.settings), stored.snapshot
    for name in ("original_png", "command", "names"):
        assert getattr(fresh, name) == getattr(kept, name), name
    # The sign of a gradient near zero, and so a pixel, may differ from one processor to the next.
    assert np.mean(pixels_of(fresh.adversarial_png) != pixels_of(kept.adversarial_png)) < 0.05
    now, then = (numbers(record_to_json(snapshot.record)) for snapshot in (fresh, kept))
    assert now.pop("/format_version") == 1, "younger than the example"
    assert now.keys() == then.keys()
    assert now.pop("/seconds") > 0
    assert all(now[name] == pytest.approx(then[name], rel=0.05, abs=0.05) for name in now)
    assert fresh.player.keys() == kept.player.keys()


def test_the_example_plays_on_opening() -> None:
    app = open_app()
    assert not app.exception
    assert "became" in texts(app)
    assert "Saved as a PNG" in texts(app)
    assert not app.query_params, "an untouched page has a clean address"
    assert app.button(key="attack").label == "Attack"


def test_attack_result_and_link() -> None:
    app = open_app(photo="flower", **QUICK)
    assert "” became “" not in texts(app)
    app.button(key="attack").click().run()
    run_until(app, "” became “")
    assert app.query_params["run"] == "1"
    assert app.query_params["eps"] == "4"
    sentence = app.subheader[0].value

    again = open_app(**app.query_params)
    assert again.subheader[0].value == sentence, "the link shows the kept result at once"
    assert again.text_input(key="eps_linf").value == "4"
    assert any("photo=flower" in code.value and "run=1" in code.value for code in again.code)


def test_changing_a_setting_stops_the_attack() -> None:
    app = open_app(**{**QUICK, "eps": 0.05}, photo="cat", seed=12345, steps=1000)
    app.button(key="attack").click().run()
    run_until(app, "% sure")
    until = time.monotonic() + PATIENCE
    while not queue().counts()["running"]:
        assert time.monotonic() < until
        time.sleep(0.05)
        app.run()
    app.number_input(key="seed").set_value(54321).run()
    while any(queue().counts()[name] for name in ("running", "waiting")):
        assert time.monotonic() < until, queue().counts()
        time.sleep(0.05)
    assert "run" not in app.query_params
    assert "searches for a change" in texts(app)


def test_every_setting_reaches_the_run() -> None:
    app = open_app(photo="espresso", crop="fit", **QUICK)
    app.radio(key="norm").set_value("l2").run()
    app.text_input(key="eps_l2").set_value("1.5")
    app.number_input(key="targets").set_value(3)
    app.number_input(key="steps").set_value(17)
    app.number_input(key="seed").set_value(5)
    app.radio(key="targeting").set_value("naive").run()
    app.button(key="attack").click().run()
    run_until(app, "The numbers behind it")
    command = next(code.value for code in app.code if "malt attack" in code.value)
    where = ("gallery:espresso", "--norm l2", "--eps 1.5", "--crop fit")
    how = ("--targets 3", "--steps 17", "--targeting naive", "--seed 5")
    assert all(part in command for part in where + how), command


def test_another_model_numbers_its_classes_otherwise_and_is_not_downloaded_to_say_so() -> None:
    app = open_app(photo="flower", truth=3, **QUICK)
    assert app.query_params["truth"] == "3"
    app.selectbox(key="model").set_value("torchvision/resnet50").run()
    other = model_info("torchvision/resnet50").classes
    assert other[int(app.query_params["truth"])] == model_info(QUICK["model"]).classes[3]
    run_until(app, "is downloaded and asked when you press")
    assert not app.exception


def test_a_network_whose_package_is_missing_says_what_to_install() -> None:
    info = next(info for info in list_models("imagenet/*") if info.needs)
    app = open_app(model=info.id)
    assert f"`pip install {info.needs}`" in texts(app)
    name = info.title.partition(",")[0]
    assert any(
        option.startswith(f"{name} · to be installed") for option in app.selectbox(key="model").options
    )


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.png"),
        (b"just words", "words.png"),
        (png()[:300], "cut.png"),
    ],
)
def test_unusable_upload_is_explained_and_the_page_goes_on(data: bytes, name: str) -> None:
    app = upload(open_app(), data, name)
    assert not app.exception
    assert plain(name) in app.error[0].value
    assert app.button(key="attack").disabled
    app.file_uploader(key="file").set_value((name, png(), "image/png")).run()
    assert not app.error
    assert not app.button(key="attack").disabled


def test_a_picture_is_told_by_its_bytes_not_by_its_name() -> None:
    app = upload(open_app(), png(), "holiday.jfif")
    assert not app.file_uploader(key="file").proto.type, "a list of kinds hides files by their names"
    assert not app.error
    assert not app.button(key="attack").disabled


def test_a_jpeg_xl_gets_the_advice_of_the_command_line() -> None:
    app = upload(open_app(), b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "photo.jxl")
    (error,) = (error.value for error in app.error)
    assert plain("is a JPEG XL picture. Save it as PNG or JPEG and try again") in error


def test_one_pixel_is_a_picture() -> None:
    app = upload(open_app(steps=5, **QUICK), png(1, 1), "dot.png")
    app.button(key="attack").click().run()
    run_until(app, "The numbers behind it")
    assert any("cannot hold a picture of your own" in caption.value for caption in app.caption)


def test_an_image_as_npy_is_taken_whole() -> None:
    image = np.random.default_rng(0).random((3, 64, 64), dtype=np.float32)
    buffer = io.BytesIO()
    np.save(buffer, image)
    app = upload(open_app(**QUICK), buffer.getvalue(), "adversarial.npy")
    assert not app.error
    assert np.array_equal(app.session_state.picture.array, image)
    assert not app.button(key="attack").disabled


def test_what_was_said_of_a_picture_stays_said_where_the_next_network_has_the_word() -> None:
    network = "tiny-imagenet/standard"
    word = model_info(network).classes.index("espresso")
    app = open_app(photo="flower", model=network, truth=word)
    app.selectbox(key="model").set_value("tiny-imagenet/robust").run()
    assert app.session_state.truth == word
    app.selectbox(key="model").set_value("imagenet/efficientnet-lite0").run()
    other = model_info("imagenet/efficientnet-lite0").classes.index("espresso")
    assert app.session_state.truth == other != word
    assert app.query_params["truth"] == str(other)
    app.selectbox(key="model").set_value("autoattack/resnet18-cifar10").run()
    assert app.session_state.truth is None
    app.selectbox(key="model").set_value(network).run()
    assert app.session_state.truth == word
    app.button_group(key="photo").set_value("rocket").run()
    assert app.session_state.truth is None


def test_a_network_without_the_word_is_said_to_have_none() -> None:
    network = "tiny-imagenet/standard"
    app = upload(open_app(model=network), png(), "mine.png")
    offered(app)
    searched(app).set_value(model_info(network).classes.index("espresso")).run()
    app.selectbox(key="model").set_value("autoattack/resnet18-cifar10").run()
    run_until(app, "You said that it shows “espresso”. This network has no such word.")


def test_what_was_wrong_from_the_start_is_never_called_fooled() -> None:
    """The attack starts from the network's own answer, whatever the picture shows."""
    app = open_app(photo="flower", label=9, run=1, **QUICK)  # as earlier versions wrote it
    run_until(app, "The numbers behind it")
    (headline,) = (element.value for element in app.subheader)
    assert re.search("From one wrong answer to another|Wrong from the start", headline)
    assert "ooled" not in headline

    offered(app).set_value(first_answer(app)).run()
    (headline,) = (element.value for element in app.subheader)
    assert headline.startswith(("Fooled", "Withstood")), "what it said first was right after all"


def test_is_that_right() -> None:
    """Told by one click on an answer, by search, or as none of these; kept in the address; asked of each."""
    app = open_app(photo="flower", **QUICK)
    run_until(app, "% sure")
    assert len(offered(app).options) == work.TOP + 1
    right = first_answer(app)
    offered(app).set_value(right).run()
    assert "That is right." in texts(app)
    assert app.query_params["truth"] == str(right)

    other = (right + 1) % 200
    searched(app).set_value(other).run()
    assert app.query_params["truth"] == str(other)
    assert "That is wrong, without any attack." in texts(app)

    offered(app).set_value(NONE_OF_THESE).run()
    assert app.query_params["truth"] == NONE_OF_THESE
    assert "None of its words names the picture." in texts(app)

    app.button_group(key="photo").set_value("espresso").run()
    assert "truth" not in app.query_params, "it was said of another picture"


def test_nonsense_in_the_link_is_explained() -> None:
    app = open_app(model="nobody/knows", eps=-3, photo="foo")
    assert not app.exception
    (said,) = app.warning
    assert said.value.count("\n- ") == 2, "three complaints in one box"
    assert float(app.text_input(key="eps_linf").value) == AttackSettings.opening().eps


def test_an_upload_cannot_be_linked() -> None:
    app = open_app(photo=UPLOAD, run=1)
    assert not app.exception
    assert app.button(key="attack").disabled
    assert app.info


def test_a_frame_in_the_link_is_what_the_network_sees_and_what_the_command_says() -> None:
    app = open_app(photo="cat", crop="0.1,0.2,0.4", run=1, **QUICK)
    run_until(app, "The numbers behind it")
    assert any("--crop 0.1,0.2,0.4" in code.value for code in app.code)
    assert app.query_params["crop"] == "0.1,0.2,0.4"
    app.button_group(key="photo").set_value("flower").run()
    assert app.query_params["crop"] == "centre", "a frame is one of its own picture"


def test_a_frame_that_is_none_is_complained_about() -> None:
    app = open_app(crop="0.9,0,0.9")
    assert "Unknown crop '0.9,0,0.9'" in texts(app)


def test_a_link_to_a_photograph_that_has_left_opens_another_and_says_so() -> None:
    app = open_app(photo="motorcycle")
    assert "“motorcycle” of this link has left the gallery: no licence is stated for it" in texts(app)
