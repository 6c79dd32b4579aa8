"""Links to the Linearity page: what is written is read back; what a link cannot say is said."""

from __future__ import annotations

import dataclasses

import pytest

from ui.address.parameters import Asked
from ui.linearity.link import COMPARED, ROBUST, LinearitySettings
from ui.pictures.picture import UPLOAD

DEFAULT = LinearitySettings.read({}).settings


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"eps": 0.5, "crop": "0.1,0.2,0.5", "seed": 7, "photo": "rocket", "beside": "one"},
        {"norm": "l2", "eps": 1.25, "model": "imagenet/efficientnet-lite0"},
    ],
)
def test_what_is_written_is_read_back(change: dict) -> None:
    settings = dataclasses.replace(DEFAULT, **change)
    assert LinearitySettings.read(settings.write(run=True)) == Asked(settings, True, (), ())


def test_the_chosen_network_comes_first_and_none_twice() -> None:
    assert DEFAULT.models == (ROBUST, *COMPARED[:2])
    other = dataclasses.replace(DEFAULT, model="tiny-imagenet/noise")
    assert other.models == ("tiny-imagenet/noise", *COMPARED)
    assert dataclasses.replace(other, beside="one").models == ("tiny-imagenet/noise",)


def test_only_gallery_photos_can_be_shared() -> None:
    assert DEFAULT.shareable
    assert not dataclasses.replace(DEFAULT, photo=UPLOAD).shareable


def test_nonsense_is_complained_about() -> None:
    asked = LinearitySettings.read({"beside": "four", "photo": "nobody"})
    assert len(asked.complaints) == 2
    assert asked.settings == DEFAULT
