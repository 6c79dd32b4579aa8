"""Compute in this browser: what its settings mean, and what needs the server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers.pages import open_app, texts
from ui.attack.link import AttackSettings, has_browser_file

MODEL = "tiny-imagenet/standard"
ASKED = {"photo": "espresso", "model": MODEL, "engine": "browser", "eps": 4}


def test_which_networks_have_a_file() -> None:
    assert has_browser_file(MODEL)
    assert has_browser_file("imagenet/efficientnet-lite0")
    assert not has_browser_file(f"defended/jpeg/{MODEL}")
    assert not has_browser_file("torchvision/resnet50")


def test_a_browser_ranks_the_likeliest_classes_only() -> None:
    settings = AttackSettings(model=MODEL, eps=4, engine="browser")
    assert settings.config.n_candidates == 20
    assert replace(settings, targets=50).config.n_candidates == 50
    assert replace(settings, engine="server").config.n_candidates > 20
    elsewhere = replace(settings, model="torchvision/resnet50")
    assert not elsewhere.in_browser
    assert elsewhere.config == replace(elsewhere, engine="server").config


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": 3}, "MALT chooses the class itself"),
        ({"targeting": "naive"}, "ranks classes as MALT does only"),
        ({"check": "always"}, "A second opinion is asked on the server only"),
    ],
)
def test_what_a_browser_cannot_do_is_said_and_one_click_leads_on(change, words, monkeypatch) -> None:
    app: AppTest = open_app(**ASKED, **change, run=1)
    assert words in texts(app)
    monkeypatch.setattr("ui.attack.view.show_attacked", lambda *_: None)
    app.button(key="on_server").click().run()
    assert not app.exception
    assert app.session_state["engine"] == "server"
    assert app.session_state["task_attack"].key is not None, "it is asked for at once"


def test_a_network_without_a_file_is_told_of() -> None:
    app = open_app(photo="espresso", model=f"defended/jpeg/{MODEL}", engine="browser")
    assert "no file for browsers: it is computed on the server" in texts(app)
