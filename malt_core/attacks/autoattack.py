"""AutoAttack and its parts as published, through pyautoattack: what MALT is compared with.

Every function takes images x (B, C, H, W) float32 in [0, 1] and labels y (B,), and returns (B, C, H, W): the
adversarial image, or the original where none was found. Nothing here judges; that is for the caller. The
global random state, which pyautoattack reseeds, is put back afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from malt_core.errors import BadConfig
from malt_core.types import Norm

if TYPE_CHECKING:
    from malt_core.numerics.gradients import Network

NORMS = {"linf": "Linf", "l2": "L2"}
LEAST_CLASSES = 4  # the targeted losses of AutoAttack compare four logits
LOG = logging.getLogger("auto-attack")


@contextmanager
def own_randomness(x: Tensor) -> Iterator[None]:
    """Put the global random state back afterwards."""
    with torch.random.fork_rng(devices=[x.device] if x.device.type == "cuda" else []):
        yield


def targets_for(classes: int, n_targets: int = 9) -> int:
    """Return how many of n_targets there are. Raises BadConfig where the loss needs more classes."""
    if classes < LEAST_CLASSES:
        raise BadConfig(
            f"AutoAttack needs a model with at least {LEAST_CLASSES} classes; this one has {classes}."
        )
    return min(n_targets, classes - 1)


@torch.no_grad()
def _classes(model: Network, x: Tensor) -> int:
    return model(x[:1]).shape[1]


def apgd_t(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm = "linf",
    eps: float = 4 / 255,
    n_targets: int = 9,
    n_iter: int = 100,
    seed: int = 0,
) -> Tensor:
    """Run AutoAttack's targeted APGD. Raises BadConfig for fewer than four classes."""
    from pyautoattack.autopgd_base import APGDAttack_targeted

    attack = APGDAttack_targeted(
        model,
        n_iter=n_iter,
        norm=NORMS[norm],
        eps=eps,
        seed=seed,
        n_target_classes=targets_for(_classes(model, x), n_targets),
        device=x.device,
        logger=LOG,
    )
    with own_randomness(x), torch.no_grad():  # it turns gradients on itself; else it keeps every step's graph
        return attack.perturb(x.contiguous(), y).detach()


def apgd_ce(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm = "linf",
    eps: float = 4 / 255,
    n_iter: int = 100,
    seed: int = 0,
) -> Tensor:
    """Run AutoAttack's untargeted APGD on the cross-entropy."""
    attack = apgd_ce_attack(model, x, norm=norm, eps=eps, n_iter=n_iter, seed=seed)
    with own_randomness(x), torch.no_grad():  # it turns gradients on itself; else it keeps every step's graph
        return attack.perturb(x.contiguous(), y).detach()


def apgd_ce_attack(model: Network, x: Tensor, *, norm: Norm, eps: float, n_iter: int, seed: int):
    """Return pyautoattack's APGD-CE object for a model and images like x, ready to run."""
    from pyautoattack.autopgd_base import APGDAttack

    return APGDAttack(
        model, n_iter=n_iter, norm=NORMS[norm], eps=eps, seed=seed, loss="ce", device=x.device, logger=LOG
    )


def autoattack(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm = "linf",
    eps: float = 4 / 255,
    seed: int = 0,
    batch_size: int = 250,
    begin: Callable[[str, int], None] | None = None,
) -> Tensor:
    """Run AutoAttack's standard ensemble: apgd-ce, apgd-t, fab-t and square, each on what is left.

    With fewer than ten classes its two targeted attacks get as many targets as there are; otherwise it is
    unchanged. begin: what to call ahead of each attack, as `announce_stages` does. Raises BadConfig for
    fewer than four classes.
    """
    with own_randomness(x):
        classes = _classes(model, x)
        attack = standard_ensemble(model, x, norm=norm, eps=eps, seed=seed, classes=classes)
        if begin is not None:
            announce_stages(attack, begin)
        x_adv, _ = attack.run_standard_evaluation(x.contiguous(), y, batch_size=batch_size)
        return x_adv.detach()


def standard_ensemble(model: Network, x: Tensor, *, norm: Norm, eps: float, seed: int, classes: int):
    """Return pyautoattack's AutoAttack object for images like x, ready to run.

    classes: of the model; as many targets as there are if fewer than nine.
    """
    from pyautoattack import AutoAttack

    n_targets = targets_for(classes)
    attack = AutoAttack(model, norm=NORMS[norm], eps=eps, seed=seed, device=x.device)
    attack.apgd_targeted.n_target_classes = attack.fab.n_target_classes = n_targets
    return attack


def announce_stages(ensemble, begin: Callable[[str, int], None]) -> None:
    """Have begin(name, most) called ahead of each attack of a standard ensemble, batch by batch.

    most: how often the attack calls the model, unless it runs out of images before. Right after, the attack
    seeds the global generator. The ensemble works as before.
    """
    targets = ensemble.fab.n_target_classes
    steps = ensemble.apgd.n_iter
    for name, part, most in (
        ("apgd-ce", ensemble.apgd, calls_of_apgd(steps)),
        ("apgd-t", ensemble.apgd_targeted, 1 + targets * calls_of_apgd(steps)),
        ("fab-t", ensemble.fab, 1 + targets * (3 + 2 * ensemble.fab.n_iter)),
        ("square", ensemble.square, ensemble.square.n_queries),
    ):
        part.perturb = _announced(part.perturb, partial(begin, name, most))


def calls_of_apgd(n_iter: int) -> int:
    """Return how often APGD calls the model: for the labels or the target, at its start, at every step."""
    return n_iter + 2


def _announced(perturb: Callable[..., Tensor], begin: Callable[[], None]) -> Callable[..., Tensor]:
    def announced(*images: Tensor) -> Tensor:
        begin()
        return perturb(*images)

    return announced
