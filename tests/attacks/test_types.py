import dataclasses
import math

import numpy as np
import pytest

from malt_core.attacks.types import AttackConfig
from malt_core.epsilon import check_eps
from malt_core.errors import BadConfig
from malt_core.types import MAX_SEED, check_count


def test_the_defaults_are_the_papers():
    config = AttackConfig()
    assert (config.norm, config.targeting, config.eight_bit) == ("linf", "malt", True)
    assert (config.n_targets, config.n_candidates, config.n_iter, config.seed) == (9, 100, 100, 0)
    assert config.eps == 4 / 255


def test_settings_cannot_change_under_a_running_attack():
    with pytest.raises(dataclasses.FrozenInstanceError):
        AttackConfig().eps = 1.0


def test_settings_are_given_by_name():
    with pytest.raises(TypeError):
        AttackConfig("linf", 4 / 255)


@pytest.mark.parametrize("eps", [1e-9, 4 / 255, 1, 1.0])
def test_radii_that_can_be_used(eps):
    check_eps(eps)
    assert AttackConfig(eps=eps).eps == eps


@pytest.mark.parametrize(
    ("eps", "says"),
    [
        (0, "eps is 0, .* over 0, such as 4/255"),
        (-0.1, "eps is -0.1, .* over 0"),
        (1.01, "at most 1. In steps .* write it as 1.01/255"),
        (8, "at most 1. In steps of an 8-bit image write it as 8/255"),
        (math.nan, "must be a number such as 4/255, not nan"),
        (math.inf, "must be a number"),
        (True, "must be a number"),
        ("4/255", "must be a number such as 4/255, not '4/255'"),
        (None, "must be a number"),
    ],
)
def test_radii_that_cannot(eps, says):
    with pytest.raises(BadConfig, match=says):
        check_eps(eps)
    with pytest.raises(BadConfig, match=says):
        AttackConfig(eps=eps)


def test_an_l2_radius_may_exceed_1():
    assert AttackConfig(norm="l2", eps=3.5).eps == 3.5
    with pytest.raises(BadConfig, match="over 0"):
        AttackConfig(norm="l2", eps=0)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("n_targets", 1, 1000), ("n_candidates", 1, 100_000), ("n_iter", 1, 10_000), ("seed", 0, MAX_SEED)],
)
def test_counts_have_limits(name, low, high):
    for value in (low, high):
        assert getattr(AttackConfig(**{name: value}), name) == value
    for value in (low - 1, high + 1, 2.0, "3", None, True):
        with pytest.raises(BadConfig, match=f"{name} must be a whole number from {low} to {high}, not "):
            AttackConfig(**{name: value})


def test_count_messages_name_what_was_given():
    with pytest.raises(BadConfig, match=r"seats must be a whole number from 2 to 5, not 'six'\."):
        check_count("seats", "six", 2, 5)


@pytest.mark.parametrize(
    ("setting", "says"),
    [({"norm": "l1"}, "'l1': choose linf or l2"), ({"targeting": "best"}, "'best': choose malt or naive")],
)
def test_unknown_choices_are_answered_with_the_known(setting, says):
    with pytest.raises(BadConfig, match=says):
        AttackConfig(**setting)


def test_numpy_numbers_are_numbers():
    config = AttackConfig(eps=np.float32(0.03), n_iter=np.int64(7))
    assert (config.eps, config.n_iter) == (np.float32(0.03), 7)
