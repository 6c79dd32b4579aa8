"""Links to the Attack page: what is written is read back; what cannot be used is complained about."""

from __future__ import annotations

import dataclasses

import pytest

from malt_core.models.catalogue import DEFAULT_MODEL, list_models, model_info
from ui.address.parameters import NONE_OF_THESE, Asked
from ui.attack.link import DEFAULT_PHOTO, AttackSettings
from ui.pictures.picture import UPLOAD

DEFAULT = AttackSettings.read({"photo": DEFAULT_PHOTO}).settings


def read(**params: str) -> Asked[AttackSettings]:
    return AttackSettings.read(params)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"photo": "espresso", "eps": 0.5, "crop": "fit"},
        {"photo": UPLOAD, "norm": "l2", "eps": 1.25, "truth": 9, "seed": 2**32 - 1},
        {"photo": UPLOAD, "truth": NONE_OF_THESE},
        {"model": "torchvision/resnet50", "targets": 1, "steps": 1000, "targeting": "naive", "truth": 999},
    ],
)
@pytest.mark.parametrize("run", [True, False])
@pytest.mark.parametrize("hidden", [(), ("seed", "targets")])
def test_what_is_written_is_read_back(change: dict, run: bool, hidden: tuple[str, ...]) -> None:
    settings = dataclasses.replace(DEFAULT, **change)
    assert read(**settings.write(run=run, hidden=hidden)) == Asked(settings, run, hidden, ())


def test_an_empty_link_opens_with_the_example() -> None:
    asked = read()
    assert asked == Asked(AttackSettings.opening(), False, (), ())
    assert read(**asked.settings.write()).settings == asked.settings
    assert asked.settings.target is not None
    assert read(photo=DEFAULT_PHOTO).settings.target is None


def test_a_short_link_means_the_defaults() -> None:
    asked = read(photo=DEFAULT_PHOTO)
    assert (asked.settings.model, asked.settings.photo) == (DEFAULT_MODEL, DEFAULT_PHOTO)
    assert (asked.run, asked.hidden, asked.complaints) == (False, (), ())
    assert asked.settings.eps == pytest.approx(model_info(DEFAULT_MODEL).suggested_eps * 255)


def test_eps_starts_where_the_model_suggests() -> None:
    robust = next(info for info in list_models() if info.suggested_eps == 8 / 255)
    assert read(model=robust.id).settings.eps == 8
    assert read(model=robust.id, norm="l2").settings.eps == 0.5
    written_like_the_command_line = read(eps="4/255").settings
    assert written_like_the_command_line.config.eps == pytest.approx(4 / 255)


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"model": "torchvision/resnet5O"}, "torchvision/resnet50"),
        ({"photo": "cta"}, "cat"),
        ({"photo": "<script>"}, "photo"),
        ({"norm": "l7"}, "norm"),
        ({"crop": "left"}, "crop"),
        ({"targeting": "malted"}, "malt"),
        ({"eps": "-3"}, "eps"),
        ({"eps": "0"}, "eps"),
        ({"eps": "256"}, "255"),
        ({"eps": "nan"}, "eps"),
        ({"eps": "four"}, "number"),
        ({"targets": "0"}, "targets"),
        ({"steps": "1e3"}, "steps"),
        ({"steps": "1001"}, "1000"),
        ({"seed": "-1"}, "seed"),
        ({"seed": "9" * 5000}, "seed"),
        ({"truth": "1000"}, "999"),
        ({"truth": "nothing"}, "truth"),
        ({"label": "1000"}, "label"),
    ],
)
def test_nonsense_is_replaced_and_complained_about(params: dict[str, str], word: str) -> None:
    asked = read(**params)
    assert asked.settings == DEFAULT
    (complaint,) = asked.complaints
    assert word in complaint
    assert len(complaint) < 250


def test_what_is_to_be_hidden_but_unknown_is_no_matter() -> None:
    assert read(hide="seed,nothing").hidden == ("seed",)
