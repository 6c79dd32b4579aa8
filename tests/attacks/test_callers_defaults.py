"""A default device or type that the caller has set changes nothing: equal seeds give equal images."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from malt_core import AttackConfig, attack, malt, measure_linearity
from malt_core.attacks import registry
from malt_core.attacks.catalogue import ATTACKS
from malt_core.race import run as race
from malt_core.race.types import RaceConfig
from tests.helpers.analytic import images, sample, smooth_cnn
from tests.helpers.attacks import same_batch
from tests.helpers.short_ensemble import short_ensemble

__all__ = ["short_ensemble"]  # a fixture


@contextmanager
def default_type() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextmanager
def default_device() -> Iterator[None]:
    """As with a GPU, only that nothing on it can be computed: whoever asks for it is found out."""
    torch.set_default_device("meta")
    try:
        yield
    finally:
        torch.set_default_device(None)


SET = pytest.mark.parametrize("default", [default_type, default_device])


@SET
@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("faithful", [True, False])
def test_malt(default, norm, faithful):
    model, x = smooth_cnn(), images(5)
    settings = {"norm": norm, "eps": 3 / 255 if norm == "linf" else 0.15, "n_iter": 12, "faithful": faithful}
    expected = malt(model, x, precision="float32", **settings)
    assert expected.success.any()
    with default():
        found = malt(model, x, precision="float32", **settings)
    assert same_batch(found, expected)
    assert found.adversarial.dtype == torch.float32


@SET
def test_attack_and_measurement(default):
    model, (x, x_adv), config = smooth_cnn(), images(2), AttackConfig(n_iter=8, n_targets=3)
    expected = list(attack(model, sample(x), config))[-1].result
    report = measure_linearity(model, x, x_adv, 0, 1)
    with default():
        found = list(attack(model, sample(x), config))[-1].result
        again = measure_linearity(model, x, x_adv, 0, 1)
    assert torch.equal(found.adversarial, expected.adversarial)
    assert again.linear_margin == report.linear_margin
    assert again.random_drift == report.random_drift


@SET
@pytest.mark.usefixtures("short_ensemble")
@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack(default, name):
    model, x = smooth_cnn(), images(4)
    known = {"n_iter": 6, "n_targets": 3, "precision": "float32"}
    told = {key: value for key, value in known.items() if key in ATTACKS[name].settings}
    expected = registry.run(name, model, x, None, norm="linf", eps=3 / 255, **told).adversarial
    with default():
        found = registry.run(name, model, x, None, norm="linf", eps=3 / 255, **told).adversarial
    assert torch.equal(found, expected)


@SET
def test_a_lane_of_a_race(default):
    model, x = smooth_cnn(), images(3)
    lined_up = race.line_up(model, x)
    *_, expected = race.run_lane("malt", model, x, lined_up, RaceConfig(eps=3 / 255))
    with default():
        assert race.line_up(model, x) == lined_up
        *_, found = race.run_lane("malt", model, x, lined_up, RaceConfig(eps=3 / 255))
    assert (found.robust, found.ranks) == (expected.robust, expected.ranks)
