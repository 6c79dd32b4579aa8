"""The Theory page without a browser (Streamlit's AppTest)."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from malt_core.theory import plan, sweep_words, words
from malt_core.theory.types import Experiment, TheoryConfig
from tests.helpers.pages import open_app, run_until, texts
from ui.theory import glossary, work
from ui.theory.example import stored_deep, stored_experiment
from ui.theory.link import VIEWS

TINY = {"dimension": 30, "subspace": 3, "width": 32, "points": 20}


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps of a few networks."""
    values = {"SEEDS": 1, "CODIMENSIONS": (2, 20), "WIDTHS": (8, 16), "SCALES": (0.1, 1.0)}
    for name, value in (values | {"DECAYS": (0.0, 0.1)}).items():
        monkeypatch.setattr(plan, name, value)


def test_it_opens_with_a_finished_experiment_of_its_own_settings():
    assert stored_experiment().measured.config == TheoryConfig()
    app = open_app("theory")
    assert not app.exception
    assert words.headline(stored_experiment().measured) in texts(app)
    assert glossary.EXAMPLE_OF_THIS in texts(app)
    assert charts(app) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_can_be_linked_to(view: str):
    app = open_app("theory", view=view)
    assert not app.exception
    assert charts(app) == {"off": 1, "straight": 3, "size": 3, "cures": 2, "deep": 1, "papers": 0}[view]
    assert f"view={view}" in app.code[-1].value


@pytest.mark.usefixtures("short")
def test_a_network_is_trained_measured_and_varied():
    app = open_app("theory", **TINY)
    assert glossary.EXAMPLE in texts(app)
    app.button(key="train").click().run()
    run_until(app, "steps of gradient descent")
    expected = Experiment.of(list(work.experiment(TheoryConfig(**TINY))(None)))
    run_until(app, words.headline(expected.measured))
    app.segmented_control(key="view").set_value("size").run()
    run_until(app, sweep_words.length_sentence(expected))
    assert app.query_params["run"] == "1"


def test_what_does_not_go_together_is_said_and_cannot_be_trained():
    app = open_app("theory", dimension=10, subspace=10)
    assert "no step leads off the data" in texts(app)
    assert app.button(key="train").disabled
    assert charts(app) == 1  # the stored example


def test_a_deep_network_of_ones_choice_is_measured():
    app = open_app("theory", model="autoattack/resnet18-cifar10", photo="flower")
    app.button(key="measure").click().run()
    run_until(app, "Yours:")
    assert app.session_state.view == "deep"
    assert "There the gradient has changed" in texts(app)
    tables = app.dataframe[0].value
    assert tables["network"].iloc[0] == "autoattack/resnet18-cifar10, yours"
    assert len(tables) == 1 + len({record.model for record in stored_deep()})


def test_a_link_to_a_deep_network_measures_it():
    app = open_app("theory", model="autoattack/resnet18-cifar10", photo="cat", view="deep", run=1)
    run_until(app, "Yours:")
    assert charts(app) == 1
