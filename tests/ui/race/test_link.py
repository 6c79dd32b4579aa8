"""Links to a race: what is written is read back; what cannot be used is replaced and complained about."""

from __future__ import annotations

import dataclasses
import urllib.parse

import pytest

from malt_core.images.gallery import gallery
from malt_core.race.types import THIRD_LANES
from ui.address.parameters import Asked
from ui.pictures.picture import UPLOAD
from ui.race.link import FIRST, RaceSettings

DEFAULT = RaceSettings.read({}).settings


def read(**params: str) -> Asked[RaceSettings]:
    return RaceSettings.read(params)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"eps": 0.5, "crop": "fit", "seed": 2**32 - 1, "photos": ("cat",), "third": "fgsm"},
        {"norm": "l2", "eps": 1.25, "photos": ("espresso", UPLOAD), "third": "malt-published"},
        {"model": "torchvision/resnet50", "photos": ()},
    ],
)
@pytest.mark.parametrize("run", [True, False])
def test_what_is_written_is_read_back(change: dict, run: bool) -> None:
    settings = dataclasses.replace(DEFAULT, **change)
    assert read(**settings.write(run=run)) == Asked(settings, run, (), ())


def test_the_address_is_a_link_that_races() -> None:
    params = dict(urllib.parse.parse_qsl(DEFAULT.query()))
    assert read(**params) == Asked(DEFAULT, True, (), ())


def test_an_empty_link_means_a_few_photos_of_the_gallery() -> None:
    asked = read()
    assert asked.settings.photos == FIRST
    assert set(FIRST) < {photo.id for photo in gallery()}
    assert asked.settings.lanes == ("malt", THIRD_LANES[0], "autoattack")
    assert (asked.run, asked.complaints) == (False, ())


def test_photos_come_in_the_gallerys_order_and_once() -> None:
    assert read(photos="rocket,cat,rocket").settings.photos == ("cat", "rocket")


def test_the_settings_reach_the_library() -> None:
    config = read(eps="8", seed="7").settings.config
    assert (config.norm, config.eps, config.seed) == ("linf", pytest.approx(8 / 255), 7)
    assert read(norm="l2", eps="0.5").settings.config.eps == 0.5


def test_only_gallery_photos_can_be_shared() -> None:
    assert read(photos="cat").settings.shareable
    assert not read(photos=f"cat,{UPLOAD}").settings.shareable


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"photos": "cta,rocket"}, ["cat"]),
        ({"third": "fgms"}, ["third", "fgsm"]),
        ({"model": "nobody/knows"}, ["model"]),
        ({"eps": "-1"}, ["eps"]),
        ({"photos": "<b>,x"}, ["photo", "photo"]),
    ],
)
def test_nonsense_is_complained_about(params: dict[str, str], words: list[str]) -> None:
    asked = read(**params)
    assert all(any(word in complaint for complaint in asked.complaints) for word in words)
    assert dataclasses.replace(asked.settings, photos=DEFAULT.photos) == DEFAULT


def test_what_else_the_attack_page_writes_is_no_matter() -> None:
    assert read(targets="nine", photo="nobody").complaints == ()
