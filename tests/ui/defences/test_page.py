"""The Defences page without a browser (Streamlit's AppTest), on a small network in place of all."""

from __future__ import annotations

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest
from torch import nn

from malt_core.certificates import words as certified_words
from malt_core.defence_run import words
from malt_core.models import loaders
from malt_core.models.catalogue import model_info
from tests.helpers.analytic import smooth_cnn
from tests.helpers.pages import ROOT, open_app, run_until, texts
from ui.compute.session import queue
from ui.defences.example import stored_defences

pytestmark = pytest.mark.slow

QUICK = {
    "images": "one",
    "eps": 4,
    "photo": "espresso",
    "defences": "robust,bit-depth",
    "steps": 2,
    "targets": 1,
}


@pytest.fixture(autouse=True)
def small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(id: str, **_: object) -> loaders.Model:
        info = model_info(id)
        return loaders.Model(info, nn.Sequential(nn.AdaptiveAvgPool2d(8), smooth_cnn(len(info.classes))))

    monkeypatch.setattr(loaders, "load_model", load)


def open_defences(**params: object) -> AppTest:
    return open_app("defences", **params)


def test_first_words_need_no_torch() -> None:
    code = (
        "import sys, ui.defences.view, ui.defences.settings, ui.defences.example as example;"
        "s = example.stored_defences();"
        "import malt_core.defence_run.first_figure as f; f.columns_html(s.columns);"
        "heavy = {'torch', 'torchvision', 'scipy'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_it_opens_with_a_finished_example() -> None:
    app = open_defences()
    assert not app.exception
    stored, said = stored_defences(), texts(app)
    assert words.headline(stored.columns) in said
    for row in stored.columns.rows:
        assert words.verdict(row, stored.columns) in said
    assert "Published numbers" in said
    assert app.button(key="start").label == "Compare"
    assert not app.query_params, "an untouched page has a clean address"
    assert not queue().counts()["running"]


def test_the_example_keeps_its_order_and_its_promises() -> None:
    stored = stored_defences()
    assert stored.points.points
    assert stored.points.ordered
    for row in stored.columns.rows:
        assert row.adaptive.count <= row.transfer.count <= row.clean.count
    for attacked in stored.certified.attacked:  # what is proven no attack breaks
        assert stored.certified.accuracy(attacked.radius).count <= attacked.left
    ceiling = stored.certified.config.ceiling
    assert all(image.certificate.radius <= ceiling + 1e-9 for image in stored.certified.images)


def test_a_link_opens_what_is_proven() -> None:
    app = open_defences(view="proofs")
    assert not app.exception
    stored, said = stored_defences(), texts(app)
    assert certified_words.headline(stored.certified) in said
    assert words.bounds(stored.points) in said


def test_one_picture_goes_through_the_rows() -> None:
    app = open_defences(**QUICK)
    app.button(key="start").click().run()
    run_until(app, "This view as a link")
    run_until(app, "1 image of espresso; ε = 4/255")
    assert "what tiny-imagenet/standard says counts as right" in texts(app)
    run_until(app, "**Bit-depth reduction**")
    assert app.query_params["run"] == "1"
    assert not app.exception


def test_time_that_is_up_ends_it() -> None:
    from ui.defences.work import TimeIsUp, _until

    assert list(_until(iter("abc"), -1.0)) == ["a", TimeIsUp()]
    assert list(_until(iter("abc"), 60.0)) == ["a", "b", "c"]
