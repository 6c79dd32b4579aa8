"""Links: what is written is read back; what cannot be used is replaced and complained about."""

from __future__ import annotations

import dataclasses

import pytest

from malt_core.models.catalogue import DEFAULT_MODEL, list_models, model_info
from ui import link
from ui.link import Settings

PHOTOS = ["cat", "espresso", link.DEFAULT_PHOTO]
MODELS = [info.id for info in list_models()]
DEFAULT = link.read({}, PHOTOS, MODELS, model_info)[0]


def read(**params: str) -> tuple[Settings, bool, list[str]]:
    return link.read(params, PHOTOS, MODELS, model_info)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"photo": "espresso", "eps": 0.5, "crop": "fit"},
        {"photo": link.UPLOAD, "norm": "l2", "eps": 1.25, "label": 9, "seed": 2**32 - 1},
        {"model": "torchvision/resnet50", "targets": 1, "steps": 1000, "targeting": "naive", "label": 999},
    ],
)
@pytest.mark.parametrize("attacked", [True, False])
def test_what_is_written_is_read_back(change: dict, attacked: bool) -> None:
    settings = dataclasses.replace(DEFAULT, **change)
    assert read(**link.write(settings, attacked=attacked)) == (settings, attacked, [])


def test_an_empty_link_means_the_defaults() -> None:
    settings, attacked, complaints = read()
    assert (settings.model, settings.photo, attacked, complaints) == (
        DEFAULT_MODEL,
        link.DEFAULT_PHOTO,
        False,
        [],
    )
    assert settings.eps == pytest.approx(model_info(DEFAULT_MODEL).suggested_eps * 255)


def test_eps_starts_where_the_model_suggests() -> None:
    robust = next(info for info in list_models() if info.suggested_eps == 8 / 255)
    assert read(model=robust.id)[0].eps == 8
    assert read(model=robust.id, norm="l2")[0].eps == link.DEFAULT_L2
    assert read(eps="4/255")[0].config.eps == pytest.approx(4 / 255), "as the command line writes it"


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
        ({"label": "200"}, "199"),
    ],
)
def test_nonsense_is_replaced_and_complained_about(params: dict[str, str], word: str) -> None:
    settings, _, complaints = read(**params)
    assert settings == DEFAULT
    assert len(complaints) == 1
    assert word in complaints[0]
    assert len(complaints[0]) < 250
