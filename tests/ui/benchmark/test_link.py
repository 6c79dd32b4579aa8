"""Links to the Benchmark page: what is written is read back; what cannot be used is complained about."""

from __future__ import annotations

import dataclasses

import pytest

from malt_core.models.catalogue import DEFAULT_MODEL
from ui.address.parameters import Asked
from ui.benchmark.link import BenchmarkSettings

DEFAULT = BenchmarkSettings.read({}).settings


def read(**params: str) -> Asked[BenchmarkSettings]:
    return BenchmarkSettings.read(params)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"model": "torchvision/resnet50", "eps": "1, 2 4", "attacks": ("malt", "apgd-ce", "autoattack")},
        {"norm": "l2", "eps": "0.25,0.5", "source": "file", "n": 100},
        {"attacks": (), "eps": "not a number"},
    ],
)
def test_what_is_written_is_read_back(change: dict) -> None:
    settings = dataclasses.replace(DEFAULT, **change)
    assert read(**settings.write()) == Asked(settings, False, (), ())


def test_an_empty_link_means_the_default_model_at_its_own_eps() -> None:
    assert read() == Asked(BenchmarkSettings(model=DEFAULT_MODEL, eps="1"), False, (), ())
    assert read(model="tiny-imagenet/standard").settings.eps == "1"
    assert read(norm="l2").settings.eps == "0.5"


def test_a_comma_in_an_address_separates_and_a_decimal_one_never_gets_there() -> None:
    assert read(eps="2,4").settings.eps == "2, 4"
    typed = dataclasses.replace(DEFAULT, eps="4,5; 8")
    assert typed.write()["eps"] == "4.5; 8"
    assert read(**typed.write()).settings.eps == "4.5; 8"


@pytest.mark.parametrize(
    "params", [{"model": "nope"}, {"norm": "l7"}, {"images": "cifar"}, {"n": "0"}, {"n": "9" * 99}]
)
def test_what_cannot_be_used_is_replaced_and_complained_about(params: dict[str, str]) -> None:
    asked = read(**params)
    assert asked.settings == DEFAULT
    assert len(asked.complaints) == 1


def test_unknown_attacks_are_left_out() -> None:
    asked = read(attacks="malt,nope,malt")
    assert asked.settings.attacks == ("malt",)
    assert "attack “nope”" in asked.complaints[0]
