"""How each attack of catalogue.py is run: one function for each id, and `run`, which calls them all alike."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from malt_core.attacks import autoattack, pgd
from malt_core.attacks.catalogue import AttackId, attack_info
from malt_core.attacks.malt.batch import malt
from malt_core.attacks.types import Begin, MaltResult, ignore_stage
from malt_core.epsilon import as_number, check_eps
from malt_core.errors import BadConfig, MaltWarning
from malt_core.harness.counting import CountingModel, try_out_uncounted
from malt_core.harness.seeding import SeededDraws
from malt_core.numerics import gradients, losses
from malt_core.numerics.checks import check_batch, check_labels
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust import refusals
from malt_core.trust.flags import Flag, merged
from malt_core.trust.soundness import TriedOut
from malt_core.types import Norm


@dataclass(frozen=True, kw_only=True)
class Found:
    """What an attack has handed back; nobody has judged it yet (see harness/verdict.py).

    adversarial: (B, C, H, W), for each image the adversarial one, or the original where none was found.
    passes: images sent through the model. precision: what its steps were computed in. details: what was
    found for each image, None for an attack with ranks_targets false, which does not say. flags: signs that
    the attack failed where the network is not robust.
    """

    adversarial: Tensor
    passes: Passes
    precision: str = "float32"
    details: MaltResult | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Common:
    """What every attack is told, as in `run`."""

    norm: Norm
    eps: float
    seed: int
    batch_size: int | None
    first: int
    classes: int | None
    begin: Begin
    tried: TriedOut | None

    @property
    def ball(self) -> dict[str, Any]:
        return {"norm": self.norm, "eps": self.eps}


_FUNCTIONS: dict[AttackId, Callable[..., Found]] = {}


def _runs(attack: AttackId) -> Callable[[Callable[..., Found]], Callable[..., Found]]:
    """Let `run` call the decorated function for this attack."""

    def register(function: Callable[..., Found]) -> Callable[..., Found]:
        _FUNCTIONS[attack] = function
        return function

    return register


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def run(
    attack: AttackId,
    model: Network,
    x: Tensor,
    y: Tensor | None,
    *,
    norm: Norm,
    eps: float,
    seed: int = 0,
    batch_size: int | None = None,
    first: int = 0,
    classes: int | None = None,
    begin: Begin = ignore_stage,
    tried: TriedOut | None = None,
    **settings: Any,
) -> Found:
    """Run one attack on the images x (B, C, H, W) in [0, 1], with the labels y (B,), as `malt` takes them.

    model: maps x to logits (B, K); attacked in evaluation mode and left as it was, tried out before as in
    `malt`, without counting that. tried: what came of it, where the caller has done so; x is then taken as it
    is. norm, eps: the ball around
    each image, eps in the unit of x. seed: fixes all random numbers; torch's global generator stays as it is.
    batch_size: images that are in the model at a time; None for what the attack takes by itself.
    first: index of x[0] in its data set, see `malt`. classes: K, where the caller knows it; otherwise an
    attack that needs it asks the model, which costs a pass. begin: called as begin(stage, most) ahead of each
    stage of the attack, after all preparation; most: how often the stage calls the model, None if unknown.
    settings: those that catalogue.py lists for the attack; what is left out has the published value. What the
    trial of the network has found is among the flags of whatever attack.

    Raises BadConfig for an unknown attack or setting, and where attack and model do not go together; for
    images, labels and models that do not fit, as `malt` does. Warns (MaltWarning) of a published attack on a
    network whose classes share logits, since its targeted loss may then be constant.
    """
    known = attack_info(attack).settings
    for name in settings:
        if name not in known:
            raise BadConfig(f"{name} is no setting of the attack {attack}.", setting=name)
    common = _Common(
        norm=norm,
        eps=as_number(eps),
        seed=seed,
        batch_size=batch_size,
        first=first,
        classes=classes,
        begin=begin,
        tried=tried,
    )
    check_eps(common.eps, norm)
    with gradients.evaluation_mode(model):
        if tried is None:
            model, x, y, common = _checked(model, x, y, common)
        if not attack_info(attack).ranks_targets:  # MALT sees to refusals itself
            model = refusals.with_labels(model, x, y)
        found = _FUNCTIONS[attack](model, x, y, common, **settings)
    return replace(found, flags=merged((*found.flags, *common.tried.flags)))


def _checked(
    model: Network, x: Tensor, y: Tensor | None, common: _Common
) -> tuple[Network, Tensor, Tensor, _Common]:
    """Return what an attack can rely on, made of what somebody has handed in."""
    x = gradients.placed(model, check_batch(x))
    tried = try_out_uncounted(model, x)
    if y is None:
        z = gradients.logits(tried.network, x, Passes(), any_number=True)
    else:
        z = tried.logits[:1].expand(len(x), -1)
    return tried.network, x, check_labels(y, z), replace(common, tried=tried)


@_runs("malt")
def _malt(model: Network, x: Tensor, y: Tensor, common: _Common, **settings: Any) -> Found:
    if common.batch_size is not None:
        settings["batch_size"] = common.batch_size
    result = malt(
        model,
        x,
        y,
        **common.ball,
        seed=common.seed,
        first=common.first,
        begin=common.begin,
        tried=common.tried,
        **settings,
    )
    return Found(
        adversarial=result.adversarial,
        passes=Passes(result.n_forward, result.n_backward),
        precision=result.precision,
        details=result,
        flags=result.flags,
    )


@_runs("malt-published")
def _malt_published(model: Network, x: Tensor, y: Tensor, common: _Common, **settings: Any) -> Found:
    return _malt(model, x, y, common, **{**settings, "faithful": True})


@_runs("naive")
def _naive(model: Network, x: Tensor, y: Tensor, common: _Common, **settings: Any) -> Found:
    return _malt(model, x, y, common, **{**settings, "targeting": "naive", "faithful": True})


@_runs("apgd-ce")
def _apgd_ce(model: Network, x: Tensor, y: Tensor, common: _Common, *, n_iter: int = 100) -> Found:
    def attack(model: CountingModel, x: Tensor, y: Tensor) -> Tensor:
        return autoattack.apgd_ce(
            model, x, y, **common.ball, n_iter=n_iter, seed=common.seed, begin=common.begin
        )

    return _in_batches(attack, model, x, y, common)


@_runs("apgd-t")
def _apgd_t(
    model: Network, x: Tensor, y: Tensor, common: _Common, *, n_targets: int = 9, n_iter: int = 100
) -> Found:
    _warn_of_shared_logits(common)

    def attack(model: CountingModel, x: Tensor, y: Tensor) -> Tensor:
        return autoattack.apgd_t(
            model,
            x,
            y,
            **common.ball,
            n_targets=n_targets,
            n_iter=n_iter,
            seed=common.seed,
            classes=common.classes,
            begin=common.begin,
        )

    return _in_batches(attack, model, x, y, common)


def _warn_of_shared_logits(common: _Common) -> None:
    if common.tried is not None and losses.shared_logits(common.tried.logits) is not None:
        warnings.warn(
            "Some classes of this network always have the same logit. The targeted loss of AutoAttack, run "
            "here "
            "as published, can be constant then and find nothing; MALT takes such classes as one.",
            MaltWarning,
            stacklevel=4,
        )


def _in_batches(
    attack: Callable[[CountingModel, Tensor, Tensor], Tensor],
    model: Network,
    x: Tensor,
    y: Tensor,
    common: _Common,
) -> Found:
    """Run an attack of pyautoattack that knows no batch size of its own."""
    size, found = common.batch_size or len(x), []
    with _counted(model, x) as (counting, passes):
        for part, labels in zip(x.float().split(size), y.split(size), strict=True):
            with SeededDraws(common.seed):
                found.append(attack(counting, part, labels))
    return Found(adversarial=torch.cat(found), passes=passes)


@contextmanager
def _counted(model: Network, x: Tensor) -> Iterator[tuple[CountingModel, Passes]]:
    """Yield a model that counts, and what is sent through it within, complete afterwards.

    A model that counts already, as the race's does, stays as it is: to count twice takes time.
    """
    counting = model if isinstance(model, CountingModel) else CountingModel(model, Passes(), dtype=x.dtype)
    before, spent = replace(counting.passes), Passes()
    yield counting, spent
    spent.forward = counting.passes.forward - before.forward
    spent.backward = counting.passes.backward - before.backward


@_runs("autoattack")
def _autoattack(model: Network, x: Tensor, y: Tensor, common: _Common) -> Found:
    _warn_of_shared_logits(common)
    with _counted(model, x) as (counting, passes), SeededDraws(common.seed) as draws:

        def begin(stage: str, most: int | None) -> None:
            draws.seed(common.seed)  # where pyautoattack seeds the global generator
            common.begin(stage, most)

        adversarial = autoattack.autoattack(
            counting,
            x.float(),
            y,
            **common.ball,
            seed=common.seed,
            batch_size=common.batch_size or 250,
            classes=common.classes,
            begin=begin,
        )
    return Found(adversarial=adversarial, passes=passes)


@_runs("pgd")
def _pgd(model: Network, x: Tensor, y: Tensor, common: _Common, *, n_iter: int = 100) -> Found:
    passes = Passes()
    common.begin("pgd", n_iter)
    adversarial = pgd.pgd(
        model, x, y, **common.ball, n_iter=n_iter, seed=common.seed, first=common.first, passes=passes
    )
    return Found(adversarial=adversarial, passes=passes)


@_runs("fgsm")
def _fgsm(model: Network, x: Tensor, y: Tensor, common: _Common) -> Found:
    passes = Passes()
    common.begin("fgsm", 1)
    return Found(adversarial=pgd.fgsm(model, x, y, **common.ball, passes=passes), passes=passes)
