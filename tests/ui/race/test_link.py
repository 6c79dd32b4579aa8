"""Links to a race: what is written is read back; what cannot be used is replaced and complained about."""

from __future__ import annotations

import dataclasses
import urllib.parse

import pytest

from malt_core.images.gallery import true_classes
from malt_core.models.catalogue import model_info
from malt_core.race.types import THIRD_LANES
from ui.address.parameters import Asked
from ui.pictures.answers import stored_answers
from ui.pictures.picture import UPLOAD
from ui.race.link import RaceSettings, first_photos

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
    assert 0 < len(asked.settings.photos) <= 7
    info = model_info(asked.settings.model)
    answers = stored_answers(info.id)
    assert all(answers[photo].index in true_classes(photo, info) for photo in asked.settings.photos)
    assert asked.settings.lanes == ("malt", THIRD_LANES[0], "autoattack")
    assert (asked.run, asked.complaints) == (False, ())


def test_the_photos_at_first_suit_the_model() -> None:
    assert read(model="autoattack/resnet18-cifar10").settings.photos[0] == "cat", "named right"
    for model in ("tiny-imagenet/robust", "torchvision/resnet50"):
        photos = read(model=model).settings.photos
        assert 4 <= len(photos) <= 7
        assert set(photos) == set(first_photos(model))
    assert "espresso" in first_photos("tiny-imagenet/robust")


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
