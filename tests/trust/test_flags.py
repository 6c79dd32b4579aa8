import dataclasses

import pytest
import torch

import malt_core
from malt_core.attacks.types import AttackConfig
from malt_core.trust import flags
from tests.helpers.analytic import Linear, grey, images, sample

MADE = [
    flags.no_gradient(),
    flags.zero_gradient((0, 2), 20, 20),
    flags.vanishing_gradient(0.3, 2, 4),
    flags.nan_gradient((1,), 3, 20),
    flags.misleading_gradient(0.25, -0.01, 0.1, 3, 5),
    flags.constant(),
    flags.randomised(0.031),
    flags.stateful(0.2),
    flags.training_mode("Dropout"),
    flags.probabilities(),
    flags.saturated((4,), 31000.0, 0.002),
    flags.cut_off((2,), 9, 10),
    flags.better_iterate((1,)),
    flags.black_box_wins((1, 3), 4, 500),
    flags.transfer_wins((2,)),
    flags.unbounded_fails((0,), 4),
]


def test_every_code_has_one_function_and_words_for_people():
    assert [each.code for each in MADE] == list(flags.CODES)
    for each in MADE:
        assert each.message.endswith(".")
        assert each.advice == flags.CODES[each.code][1]


def test_a_flag_of_a_part_speaks_of_the_whole():
    assert flags.zero_gradient((0, 2), 1, 1).at([10, 11, 15]).images == (10, 15)
    assert flags.constant().at([10]).images is None


def test_flags_of_parts_become_one_a_code():
    parts = [
        flags.zero_gradient((4, 1), 1, 2),
        flags.probabilities(),
        flags.zero_gradient((1, 9), 2, 2),
        flags.randomised(0.1, (3,)),
        flags.randomised(0.2),
    ]
    zero, probabilities, randomised = flags.merged(parts)
    assert (zero.images, zero.message) == ((1, 4, 9), parts[0].message)
    assert probabilities == parts[1]
    assert randomised == dataclasses.replace(parts[3], images=None)


def test_results_are_one_line_of_numbers():
    result = malt_core.malt(Linear(5), images(3), eps=2 / 255)
    assert result.flags == ()
    (*_, finished) = malt_core.attack(Linear(5), sample(grey()[0]), AttackConfig(eps=8 / 255))
    for said in (repr(result), repr(finished.result)):
        assert "\n" not in said
        assert "tensor" not in said
        assert len(said) < 250
    assert f"images=3, fooled={int((result.success & ~result.already_wrong).sum())}, " in repr(result)
    assert f"success={finished.result.success}, " in repr(finished.result)


def test_a_flag_is_not_changed():
    assert isinstance(MADE[0], malt_core.Flag)
    with pytest.raises(dataclasses.FrozenInstanceError):
        MADE[0].code = "other"


def test_a_flag_in_a_result_is_named_in_its_line():
    result = malt_core.malt(Linear(5), images(1), torch.tensor([0]))
    assert repr(dataclasses.replace(result, flags=(MADE[5],))).endswith("flags=[constant])")
