"""The settings of an evaluation, and the cut into chunks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from malt_core.errors import BadConfig
from malt_core.evaluation.types import ATTACKS, DataSource, EvaluationConfig, Plan


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"attack": "pgd"}, "Unknown attack 'pgd': choose malt, naive, apgd-ce, apgd-t, autoattack."),
        ({"norm": "l1"}, "Unknown norm 'l1': choose linf or l2."),
        ({"precision": "float16"}, "Unknown precision 'float16': choose auto, float32, bfloat16."),
        ({"eps": 0}, "eps is 0, but an attack needs room to move"),
        ({"eps": 4}, "eps is 4, but pixels run from 0 to 1"),
        ({"n_targets": 0}, "n_targets must be a whole number from 1 to 1000, not 0."),
        ({"n_candidates": 1.5}, "n_candidates must be a whole number"),
        ({"n_iter": 0}, "n_iter must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1"),
        ({"chunk": 0}, "chunk must be a whole number from 1"),
        (
            {"attack": "autoattack", "n_iter": 50},
            "n_iter is no setting of the attack autoattack, only of malt, naive",
        ),
        ({"attack": "autoattack", "n_targets": 5}, "n_targets is no setting of the attack autoattack"),
        ({"attack": "apgd-ce", "n_targets": 5}, "n_targets is no setting of the attack apgd-ce"),
        (
            {"attack": "apgd-t", "n_candidates": 5},
            "n_candidates is no setting of the attack apgd-t, only of malt",
        ),
        ({"attack": "apgd-t", "precision": "bfloat16"}, "precision is no setting of the attack apgd-t"),
        ({"attack": "apgd-t", "faithful": True}, "faithful is no setting of the attack apgd-t"),
    ],
)
def test_settings_out_of_range_are_refused(settings, says):
    with pytest.raises(BadConfig) as refusal:
        EvaluationConfig(**settings)
    assert str(refusal.value).startswith(says)


def test_every_attack_has_defaults_and_float32():
    for attack in ATTACKS:
        EvaluationConfig(attack=attack)
        EvaluationConfig(attack=attack, precision="float32", batch_size=3, chunk=5, seed=2, norm="l2", eps=3)


@pytest.mark.parametrize(
    ("images", "chunk", "ranges"),
    [
        (10, 4, [range(0, 4), range(4, 8), range(8, 10)]),
        (8, 4, [range(0, 4), range(4, 8)]),
        (1, 4, [range(0, 1)]),
    ],
)
def test_chunks_cover_all_images_once(images, chunk, ranges):
    data = DataSource(path="p", name="n", images=images, fingerprint="f")
    plan = Plan(
        model="m",
        classes=("a",),
        data=data,
        config=replace(EvaluationConfig(), chunk=chunk),
        device="cpu",
        versions={},
    )
    assert [plan.range_of(number) for number in range(plan.chunks)] == ranges
