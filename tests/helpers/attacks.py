"""Short attacks, and what every one of their results must fulfil."""

from __future__ import annotations

from dataclasses import replace

import torch

from malt_core import AttackConfig, attack, malt
from malt_core.attacks.types import AttackResult, MaltResult
from malt_core.types import Norm
from tests.helpers.analytic import assert_inside, classes, sample

STRONG = AttackConfig(eps=16 / 255, n_iter=20)  # fools smooth_cnn on analytic.images
WEAK = AttackConfig(eps=1 / 255, n_iter=6, n_targets=3, faithful=True)
"""Does not fool it on the first of them; every target gets all its steps."""
EPS: dict[Norm, float] = {"linf": 2.5 / 255, "l2": 0.1}  # `fast` fools it on about half of them


def run(model, x, config: AttackConfig, label: int | None = None) -> AttackResult:
    """The result for the one image x (C, H, W)."""
    *_, finished = attack(model, sample(x, label), config)
    return finished.result


def same_result(a: AttackResult, b: AttackResult) -> bool:
    """Equal in everything but the wall time and the image, which is compared to the last bit."""
    numbers = [replace(r, seconds=0, adversarial=None) for r in (a, b)]
    return numbers[0] == numbers[1] and torch.equal(a.adversarial, b.adversarial)


def fast(model, x, y=None, **settings) -> MaltResult:
    """A short attack on a batch, in float32, with the published budget."""
    usual = {"n_iter": 12, "n_targets": 3, "precision": "float32", "faithful": True}
    return malt(model, x, y, **{**usual, **settings})


def same_batch(a: MaltResult, b: MaltResult) -> bool:
    """Equal to the last bit, at equal cost."""
    return (
        torch.equal(a.adversarial, b.adversarial)
        and torch.equal(a.success, b.success)
        and torch.equal(a.target, b.target)
        and (a.n_forward, a.n_backward) == (b.n_forward, b.n_backward)
    )


def check_verdicts(model, x, y, result: MaltResult, norm: Norm, eps: float) -> None:
    """Success is exactly what an independent look at the returned images says."""
    assert torch.equal(result.success, classes(model, result.adversarial) != y)
    assert torch.equal(result.already_wrong, classes(model, x) != y)
    assert torch.equal(result.target >= 0, result.success & ~result.already_wrong)
    assert (result.target != y).all()
    untouched = ~result.success | result.already_wrong
    assert torch.equal(result.adversarial[untouched], x[untouched])
    assert_inside(result.adversarial, x, norm, eps)
