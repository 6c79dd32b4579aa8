"""The attacks that are compared, all of them called alike: attack(network, x, y, settings) -> Found.

Ours are run through malt_core's registry. Others' are called directly, so that their time is their own: the
registry also watches over their random numbers. What is in the catalogue has its title.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from benchmarks import others
from benchmarks.floor import Metered
from benchmarks.published import published
from malt_core.attacks import autoattack, registry
from malt_core.attacks.catalogue import TITLES, AttackId
from malt_core.attacks.registry import Found
from malt_core.harness.counting import CountingModel
from malt_core.numerics.gradients import Passes

N_TARGETS, N_CANDIDATES = 9, 100


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to attack, linf. eps: in [0, 1] pixel units; steps: a target; batch_size: images a pass.

    bf16: whether ours may choose bfloat16; False keeps all of it in float32.
    """

    eps: float
    steps: int = 100
    seed: int = 0
    batch_size: int = 64
    bf16: bool = True


Run = Callable[[Metered, Tensor, Tensor, Settings], Found]
Most = Callable[[int, int, Settings], tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack of the comparison.

    most: for n images and K classes, how many calls of the network it makes at the most, with gradient and
    without. package: what it needs besides requirements.txt, or "".
    """

    title: str
    run: Run
    most: Most
    package: str = ""


def _foreign(attack: Callable[[CountingModel, Tensor, Tensor, Settings], Tensor]) -> Run:
    """Return a Run that counts the passes of somebody else's attack."""

    def run(model: Metered, x: Tensor, y: Tensor, settings: Settings) -> Found:
        passes = Passes()
        adversarial = attack(CountingModel(model, passes).eval(), x, y, settings)
        return Found(adversarial=adversarial, passes=passes, precision="float32")

    return run


def _in_batches(attack: Callable[[CountingModel, Tensor, Tensor, Settings], Tensor]) -> Run:
    """Return the Run of an attack that knows no batch size of its own."""

    def run(model: CountingModel, x: Tensor, y: Tensor, settings: Settings) -> Tensor:
        size = settings.batch_size
        parts = zip(x.split(size), y.split(size), strict=True)
        return torch.cat([attack(model, *part, settings) for part in parts])

    return _foreign(run)


def _published(model: CountingModel, x: Tensor, y: Tensor, settings: Settings) -> Tensor:
    return published(
        model,
        x,
        y,
        eps=settings.eps,
        n_targets=N_TARGETS,
        n_candidates=N_CANDIDATES,
        n_iter=settings.steps,
        seed=settings.seed,
        batch_size=settings.batch_size,
    )


def _autoattack(model: CountingModel, x: Tensor, y: Tensor, settings: Settings) -> Tensor:
    return autoattack.autoattack(
        model, x, y, eps=settings.eps, seed=settings.seed, batch_size=settings.batch_size
    )


def _apgd_t(model: CountingModel, x: Tensor, y: Tensor, settings: Settings) -> Tensor:
    return autoattack.apgd_t(
        model, x, y, eps=settings.eps, n_targets=N_TARGETS, n_iter=settings.steps, seed=settings.seed
    )


def _torchattacks(model: CountingModel, x: Tensor, y: Tensor, settings: Settings) -> Tensor:
    return others.torchattacks_apgd_t(
        model, x, y, eps=settings.eps, n_iter=settings.steps, seed=settings.seed
    )


def _foolbox(model: CountingModel, x: Tensor, y: Tensor, settings: Settings) -> Tensor:
    return others.foolbox_pgd(model, x, y, eps=settings.eps, n_iter=settings.steps, seed=settings.seed)


def _ours(attack: AttackId, *, bf16: bool = False) -> Run:
    """Return the Run of an attack of ours. bf16: let it choose its precision, which counts as well."""

    def run(model: Metered, x: Tensor, y: Tensor, settings: Settings) -> Found:
        common = {
            "norm": "linf",
            "eps": settings.eps,
            "seed": settings.seed,
            "batch_size": settings.batch_size,
        }
        passes, precision = Passes(), "float32"
        if bf16 and settings.bf16:
            # On one batch and apart, since malt compares times when it chooses, once for a network.
            few = slice(settings.batch_size)
            with model.meter.undisturbed():
                choice = registry.run("naive", model, x[few], y[few], **common, n_targets=1, n_iter=1)
            passes, precision = choice.passes, choice.precision
        told = {
            "n_targets": N_TARGETS,
            "n_candidates": N_CANDIDATES,
            "n_iter": settings.steps,
            "precision": precision,
        }
        found = registry.run(attack, model, x, y, **common, **told)
        passes.forward += found.passes.forward
        passes.backward += found.passes.backward
        return replace(found, passes=passes)

    return run


def _batches(n: int, settings: Settings) -> int:
    return -(-n // settings.batch_size)


def _most_targeted(n: int, classes: int, settings: Settings) -> tuple[int, int]:
    """Nine runs of all steps, each with a look ahead of it."""
    targets = min(N_TARGETS, classes - 1)
    batches = _batches(n, settings)
    return batches * targets * (settings.steps + 1), batches * (targets + 2)


def _most_malt(n: int, classes: int, settings: Settings) -> tuple[int, int]:
    """The Jacobian, and nine runs of all steps."""
    with_gradient, without = _most_targeted(n, classes, settings)
    return with_gradient + _batches(n * min(N_CANDIDATES, classes - 1), settings), without


def _most_autoattack(n: int, classes: int, settings: Settings) -> tuple[int, int]:
    """Counted on images that withstand it: apgd-ce, apgd-t, fab-t, and square's 5000 queries."""
    return 1910 * _batches(n, settings), 5955 * _batches(n, settings)


def _most_foolbox(n: int, classes: int, settings: Settings) -> tuple[int, int]:
    return settings.steps * _batches(n, settings), _batches(n, settings)


ATTACKS: dict[str, Attack] = {
    "malt": Attack(title=TITLES["malt"], run=_ours("malt", bf16=True), most=_most_malt),
    "malt-float32": Attack(title=f"{TITLES['malt']}, float32 only", run=_ours("malt"), most=_most_malt),
    "malt-faithful": Attack(
        title=TITLES["malt-published"], run=_ours("malt-published", bf16=True), most=_most_malt
    ),
    "published": Attack(title="MALT after the authors' code", run=_foreign(_published), most=_most_malt),
    "foolbox": Attack(
        title="foolbox LinfPGD", run=_in_batches(_foolbox), most=_most_foolbox, package="foolbox"
    ),
    "torchattacks": Attack(
        title="torchattacks APGDT",
        run=_in_batches(_torchattacks),
        most=_most_targeted,
        package="torchattacks",
    ),
    "apgd-t": Attack(title=TITLES["apgd-t"], run=_in_batches(_apgd_t), most=_most_targeted),
    "autoattack": Attack(title=TITLES["autoattack"], run=_foreign(_autoattack), most=_most_autoattack),
}
