"""The Answers page's settings in its address."""

from __future__ import annotations

from malt_core.answers.types import AnswersConfig
from ui.answers.link import AnswersSettings


def test_an_address_gives_the_settings_that_it_was_made_of() -> None:
    settings = AnswersSettings(
        model="tiny-imagenet/robust", norm="l2", eps=1.5, photo="cat", queries=500, hears="levels", seed=3
    )
    asked = AnswersSettings.read(settings.write(run=True))
    assert asked.settings == settings
    assert asked.run
    assert not asked.complaints
    assert settings.config == AnswersConfig(norm="l2", eps=1.5, queries=500, seed=3, levels=8)


def test_answers_alone_get_more_room_than_gradients() -> None:
    assert AnswersSettings.opening().eps == 12
    assert AnswersSettings.read({"norm": "l2"}).settings.eps == 2


def test_what_cannot_be_used_is_said() -> None:
    asked = AnswersSettings.read({"queries": "7", "hears": "nothing"})
    assert asked.settings == AnswersSettings.opening()
    assert len(asked.complaints) == 2
