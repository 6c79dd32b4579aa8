"""The Targets page without a browser (Streamlit's AppTest), on a small network in place of the chosen one."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import nn

from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import InMemoryData
from malt_core.explanations import words
from malt_core.explanations.types import OrdersOfImage
from malt_core.models import loaders
from malt_core.models.catalogue import model_info
from tests.helpers.analytic import smooth_cnn
from tests.helpers.pages import ROOT, open_app, png, run_until, texts
from ui.compute.session import queue
from ui.pictures.data_file import read_many
from ui.pictures.picture import gallery_picture
from ui.targets import opening, view
from ui.targets.example import stored_targets
from ui.targets.link import TargetsSettings

pytestmark = pytest.mark.slow

MODEL = "tiny-imagenet/noise"  # no other test asks for what is computed on it here
QUICK = {"model": MODEL, "photo": "espresso", "eps": 2, "measured": 3, "steps": 2}


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    info = model_info(MODEL)
    made = loaders.Model(info, nn.Sequential(nn.AdaptiveAvgPool2d(8), smooth_cnn(len(info.classes))))
    real = loaders.load_model
    monkeypatch.setattr(loaders, "load_model", lambda id, **how: made if id == MODEL else real(id, **how))


def open_targets(**params: object) -> AppTest:
    return open_app("targets", **params)


def test_first_words_need_no_torch() -> None:
    code = (
        "import sys, ui.targets.view, ui.targets.settings, ui.targets.example as example;"
        "example.stored_targets();"
        "heavy = {'torch', 'scipy', 'torchvision'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_it_opens_with_a_finished_example() -> None:
    app = open_targets()
    assert not app.exception
    stored = stored_targets()
    said = texts(app)
    assert words.first_target(stored.classes) in said
    assert words.correlation(stored.distances) in said
    assert "A finished example of these settings" in said
    assert app.button(key="start").label == "Measure"
    assert not app.query_params, "an untouched page has a clean address"
    assert not queue().counts()["running"]


@pytest.mark.parametrize(("which", "said"), [("two", "Aimed at “"), ("many", "that the network gets right")])
def test_a_link_opens_each_view_with_its_example(which: str, said: str) -> None:
    app = open_targets(view=which)
    assert not app.exception
    assert said in texts(app)
    assert "A finished example: " in texts(app)


def test_classes_are_ranked_and_their_distances_measured() -> None:
    app = open_targets(**QUICK)
    assert "A finished example: " in texts(app)
    app.button(key="start").click().run()
    run_until(app, "Rank correlation with the distance reached, over 3 classes")
    run_until(app, "This view as a link")
    assert app.query_params["run"] == "1"
    assert "A finished example" not in texts(app)
    of = MODEL, gallery_picture("espresso", model_info(MODEL).size, "centre").digest
    app.session_state["targets_aim"] = of, 7
    app.run()
    run_until(app, f"Aimed at “{model_info(MODEL).classes[7]}”, ε = 2/255")
    run_until(app, "was asked for")
    app.button_group(key="view").set_value("two").run()
    assert "A finished example: " in texts(app)
    app.button_group(key="view").set_value("classes").run()
    assert "Already computed, shown from memory" in texts(app)


def test_two_attacks_by_a_link() -> None:
    app = run_until(open_targets(**QUICK, view="two", run=1), "the answer ")
    assert not app.exception


def test_many_images_of_the_gallery() -> None:
    app = open_targets(**QUICK, view="many")
    app.button(key="start").click().run()
    run_until(app, "is attacked" if "none of" in texts(app) else "images right")
    assert not app.exception


def test_a_click_opens_what_only_one_order_fooled(monkeypatch: pytest.MonkeyPatch) -> None:
    def many(settings, data):
        def work(model):
            for record in data.content:
                only = record.name == "espresso"
                yield OrdersOfImage(
                    index=record.index,
                    name=record.name,
                    label=record.label,
                    attacked=True,
                    malt=int(only),
                    malt_target=7 if only else -1,
                )

        return work

    monkeypatch.setattr(view.work, "many", many)
    app = open_targets(**{**QUICK, "photo": "rocket"}, view="many", seed=5)
    app.button(key="start").click().run()
    run_until(app, "Only MALT's order fooled 1 image, only that of confidence 0.")
    assert "only by MALT" in app.button(key="open_0").label
    app.button(key="open_0").click().run()
    assert app.session_state.photo == "espresso"
    assert app.session_state.view == "classes"
    run_until(app, "The network says: ")
    assert not app.exception


def test_one_of_many_opens_by_itself() -> None:
    data = png()
    content = (Record(4, "below/a.png", -1, data), Record(5, "b", 0, None, "broken"))
    held = InMemoryData(path="p.zip", name="p.zip", fingerprint="", content=content)
    image = OrdersOfImage(index=4, name="below/a.png", label=0, attacked=True)
    assert opening.opener(TargetsSettings.opening(), held, image) is not None
    broken = OrdersOfImage(index=5, name="b", label=0, attacked=False)
    assert opening.opener(TargetsSettings.opening(), held, broken) is None
    file = opening._as_file(content[0])
    assert (file.name, file.getvalue()) == ("a.png", data)
    raw = opening._as_file(Record(0, "photo", 0, Image.new("RGB", (4, 4))))
    assert Image.open(io.BytesIO(raw.getvalue())).size == (4, 4)


def test_a_zip_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("one.png", png())
    held = read_many(buffer.getvalue(), "p.zip", model_info(MODEL), 5)
    assert held.labels == (-1,)
