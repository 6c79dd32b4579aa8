"""Links to a race: what is written is read back; what cannot be used is replaced and complained about."""

from __future__ import annotations

import dataclasses
import urllib.parse

import pytest

from malt_core.models.catalogue import list_models, model_info
from malt_core.race.types import THIRD_LANES
from ui import race_link
from ui.link import UPLOAD
from ui.race_link import RaceSettings

PHOTOS = ["cat", "espresso", "rocket"]
MODELS = [info.id for info in list_models()]


def read(**params: str) -> tuple[RaceSettings, bool, list[str]]:
    return race_link.read(params, PHOTOS, MODELS, model_info)


DEFAULT = read()[0]


@pytest.mark.parametrize(
    ("shared", "own"),
    [
        ({}, {}),
        ({"eps": 0.5, "crop": "fit", "seed": 2**32 - 1}, {"photos": ("cat",), "third": "fgsm"}),
        ({"norm": "l2", "eps": 1.25}, {"photos": ("espresso", UPLOAD), "third": "malt-published"}),
        ({"model": "torchvision/resnet50"}, {"photos": ()}),
    ],
)
@pytest.mark.parametrize("raced", [True, False])
def test_what_is_written_is_read_back(shared: dict, own: dict, raced: bool) -> None:
    settings = dataclasses.replace(DEFAULT, shared=dataclasses.replace(DEFAULT.shared, **shared), **own)
    assert read(**race_link.write(settings, raced=raced)) == (settings, raced, [])


def test_the_address_is_a_link_that_races() -> None:
    params = dict(urllib.parse.parse_qsl(race_link.address(DEFAULT)))
    assert read(**params) == (DEFAULT, True, [])


def test_an_empty_link_means_the_whole_gallery() -> None:
    settings, raced, complaints = read()
    assert settings.photos == tuple(PHOTOS)
    assert settings.lanes == ("malt", THIRD_LANES[0], "autoattack")
    assert (raced, complaints) == (False, [])


def test_photos_come_in_the_gallerys_order_and_once() -> None:
    assert read(photos="rocket,cat,rocket")[0].photos == ("cat", "rocket")


def test_the_settings_reach_the_library() -> None:
    config = read(eps="8", seed="7")[0].config
    assert (config.norm, config.eps, config.seed) == ("linf", pytest.approx(8 / 255), 7)
    assert read(norm="l2", eps="0.5")[0].config.eps == 0.5


def test_only_gallery_photos_can_be_shared() -> None:
    assert read(photos="cat")[0].shareable
    assert not read(photos=f"cat,{UPLOAD}")[0].shareable


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
    settings, _, complaints = read(**params)
    assert all(any(word in complaint for complaint in complaints) for word in words)
    assert settings.shared == DEFAULT.shared
    assert settings.third == DEFAULT.third


def test_what_else_the_attack_page_writes_is_no_matter() -> None:
    assert read(targets="nine", photo="nobody")[2] == []
