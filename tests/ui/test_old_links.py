"""Links that people have made before: one of each page, as earlier versions wrote them."""

from __future__ import annotations

from tests.helpers.pages import open_app
from ui.attack.link import AttackSettings
from ui.benchmark.link import BenchmarkSettings
from ui.race.link import RaceSettings

ATTACK = {
    "model": "tiny-imagenet/standard",
    "photo": "espresso",
    "eps": "1.5",
    "norm": "linf",
    "crop": "fit",
    "targets": "3",
    "steps": "40",
    "targeting": "naive",
    "seed": "5",
    "label": "7",
    "run": "1",
}
RACE = {
    "model": "autoattack/resnet18-cifar10",
    "eps": "0.5",
    "norm": "l2",
    "crop": "centre",
    "seed": "3",
    "run": "1",
    "photos": "cat,flower",
    "third": "malt-published",
}
BENCHMARK = {
    "model": "tiny-imagenet/robust",
    "attacks": "malt,apgd-ce",
    "eps": "1, 2, 4",
    "norm": "linf",
    "images": "file",
    "n": "40",
}


def test_a_link_to_an_attack_of_version_0_2() -> None:
    asked = AttackSettings.read(ATTACK)
    assert asked.settings == AttackSettings(
        model="tiny-imagenet/standard",
        photo="espresso",
        eps=1.5,
        crop="fit",
        targets=3,
        steps=40,
        targeting="naive",
        seed=5,
        truth=7,
    )
    assert (asked.run, asked.complaints) == (True, ())


def test_a_link_to_a_race_of_version_0_2() -> None:
    asked = RaceSettings.read(RACE)
    assert asked.settings == RaceSettings(
        model="autoattack/resnet18-cifar10",
        eps=0.5,
        norm="l2",
        seed=3,
        photos=("cat", "flower"),
        third="malt-published",
    )
    assert (asked.run, asked.complaints) == (True, ())


def test_a_link_to_the_benchmark_page_of_version_0_2() -> None:
    asked = BenchmarkSettings.read(BENCHMARK)
    assert asked.settings == BenchmarkSettings(
        model="tiny-imagenet/robust", attacks=("malt", "apgd-ce"), eps="1, 2, 4", source="file", n=40
    )
    assert asked.complaints == ()


def test_the_pages_open_with_them() -> None:
    app = open_app(**{name: value for name, value in ATTACK.items() if name != "run"})
    assert not app.warning
    assert app.text_input(key="eps_linf").value == "1.5"
    for page, params in (("race", {**RACE, "run": "0"}), ("benchmark", BENCHMARK)):
        app = open_app(page, **params)
        assert not app.exception
        assert not app.warning
