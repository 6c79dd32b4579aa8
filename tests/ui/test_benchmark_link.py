"""Links to the Benchmark page: what is written is read back; what cannot be used is complained about."""

from __future__ import annotations

import dataclasses

import pytest

from malt_core.models.catalogue import DEFAULT_MODEL, list_models, model_info
from ui import benchmark_link
from ui.benchmark_link import BenchmarkSettings

MODELS = [info.id for info in list_models()]


def read(**params: str) -> tuple[BenchmarkSettings, list[str]]:
    return benchmark_link.read(params, MODELS, model_info)


DEFAULT = read()[0]


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
    assert read(**benchmark_link.write(settings)) == (settings, [])


def test_an_empty_link_means_the_default_model_at_its_own_eps() -> None:
    assert read() == (BenchmarkSettings(model=DEFAULT_MODEL, eps="4"), [])
    assert read(model="tiny-imagenet/standard")[0].eps == "1"
    assert read(norm="l2")[0].eps == "0.5"


@pytest.mark.parametrize(
    "params", [{"model": "nope"}, {"norm": "l7"}, {"images": "cifar"}, {"n": "0"}, {"n": "9" * 99}]
)
def test_what_cannot_be_used_is_replaced_and_complained_about(params: dict[str, str]) -> None:
    settings, complaints = read(**params)
    assert settings == DEFAULT
    assert len(complaints) == 1


def test_unknown_attacks_are_left_out() -> None:
    settings, complaints = read(attacks="malt,nope,malt")
    assert settings.attacks == ("malt",)
    assert "attack “nope”" in complaints[0]
