"""The Transfer page without a browser (Streamlit's AppTest), on small networks in place of real ones."""

from __future__ import annotations

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest
from torch import nn

from malt_core.models import loaders
from malt_core.models.catalogue import model_info
from malt_core.transfer import words
from tests.helpers.analytic import smooth_cnn
from tests.helpers.pages import ROOT, open_app, run_until, texts
from ui.compute.session import queue
from ui.transfer.example import FILE, stored_transfer
from ui.transfer.link import TransferSettings

pytestmark = pytest.mark.slow

MODEL, OTHER = "tiny-imagenet/noise", "tiny-imagenet/distilled"
QUICK = {"model": MODEL, "beside": OTHER, "images": "photo", "photo": "flower", "eps": 7, "steps": 4}


@pytest.fixture(autouse=True)
def small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(id: str, **_: object) -> loaders.Model:
        info = model_info(id)
        network = smooth_cnn(len(info.classes))
        return loaders.Model(info, nn.Sequential(nn.AdaptiveAvgPool2d(8), network))

    monkeypatch.setattr(loaders, "load_model", load)


def open_transfer(**params: object) -> AppTest:
    return open_app("transfer", **params)


def test_first_words_need_no_torch() -> None:
    code = (
        "import sys, ui.transfer.live, ui.transfer.settings, ui.transfer.example as example;"
        "from malt_core.transfer import first_figure, words;"
        "stored = example.stored_transfer();"
        "first_figure.matrix_html(stored), words.headline(stored), words.attacker(stored);"
        "heavy = {'torch', 'scipy', 'torchvision'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_it_opens_with_a_finished_example() -> None:
    app = open_transfer()
    assert not app.exception
    stored, said = stored_transfer(), texts(app)
    assert FILE.stat().st_size < 300_000
    for sentence in (words.headline(stored), words.attacker(stored), words.diagonal(stored)):
        assert sentence
        assert sentence in said
    assert "random noise" in said
    assert "A finished example" in said
    assert not app.query_params, "an untouched page has a clean address"
    assert not queue().counts()["running"]


def test_one_picture_is_attacked_and_every_networks_answer_shown() -> None:
    app = open_transfer(**QUICK)
    assert not app.exception
    app.button(key="start").click().run()
    run_until(app, "What each network says")
    said = texts(app)
    assert not app.exception
    assert "The diagonal checks itself: " in said
    assert "of one image" in said
    assert "Of pictures without a label" in said
    assert app.query_params["run"] == "1"


def test_networks_without_a_common_class_are_told() -> None:
    app = open_transfer(model="autoattack/resnet18-cifar10", beside=OTHER)
    assert not app.exception
    assert "no classes in common" in texts(app)
    assert app.button(key="start").disabled
    assert "A finished example" in texts(app)


def test_a_link_keeps_the_networks() -> None:
    settings = TransferSettings(model=MODEL, beside=("tiny-imagenet/robust", OTHER), eps=2.0, steps=12)
    read = TransferSettings.read(settings.write()).settings
    assert read == settings
    assert read.networks == (MODEL, "tiny-imagenet/robust", OTHER)
    assert read.config.compare == ("naive", "momentum", "several")
    assert TransferSettings.read({"model": "autoattack/resnet18-cifar10"}).settings.beside == ()
