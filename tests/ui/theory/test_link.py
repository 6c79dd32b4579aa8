"""The Theory page's settings in its address."""

from __future__ import annotations

import pytest

from malt_core.errors import BadConfig
from malt_core.theory.types import TheoryConfig
from ui.theory.link import TheorySettings


def test_an_address_gives_the_settings_that_it_was_made_of():
    settings = TheorySettings(
        data="digits", dimension=300, subspace=20, width=64, points=60, scale=0.3, decay=0.01, step=1.5,
        seed=7, view="straight", model="tiny-imagenet/robust", photo="rocket",
    )  # fmt: skip
    asked = TheorySettings.read(settings.write(run=True))
    assert asked.settings == settings
    assert asked.run
    assert not asked.complaints


def test_the_page_opens_with_the_defaults_of_the_experiment():
    assert TheorySettings.read({}).settings.config == TheoryConfig()


def test_what_cannot_be_used_is_said():
    asked = TheorySettings.read({"scale": "9", "decay": "much", "view": "everything"})
    assert asked.settings == TheorySettings.read({}).settings
    assert [complaint.split(":")[0].split(",")[0] for complaint in asked.complaints][:2] == [
        "The link says scale=9",
        "The link says decay=much",
    ]
    assert "everything" in asked.complaints[2]


def test_settings_that_do_not_go_together_are_no_experiment():
    with pytest.raises(BadConfig, match="no step leads off the data"):
        _ = TheorySettings.read({"dimension": "10", "subspace": "10"}).settings.config


def test_one_photograph_comes_along_from_other_pages():
    settings = TheorySettings.read({}).settings
    assert settings.with_pictures(["rocket"]).photo == "rocket"
    assert settings.with_pictures(["rocket", "cat"]) == settings
    assert settings.with_pictures(["upload"]) == settings
