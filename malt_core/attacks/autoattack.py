"""AutoAttack and its parts as published, through pyautoattack: what MALT is compared with.

Every function takes images x (B, C, H, W) float32 in [0, 1] and labels y (B,), and returns (B, C, H, W): the
adversarial image, or the original where none was found. Nothing here judges; that is for the caller. The
global random state, which pyautoattack reseeds, is put back afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from malt_core.attacks.catalogue import LEAST_CLASSES
from malt_core.attacks.types import Begin, ignore_stage
from malt_core.errors import BadConfig
from malt_core.harness.seeding import SeededDraws, global_state_restored
from malt_core.types import Norm

if TYPE_CHECKING:
    from malt_core.numerics.gradients import Network

NORMS = {"linf": "Linf", "l2": "L2"}
LOG = logging.getLogger("auto-attack")


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
    classes: int | None = None,
    begin: Begin = ignore_stage,
) -> Tensor:
    """Run AutoAttack's targeted APGD. classes: of the model, asked of it if None; begin: see registry.run.

    Raises BadConfig for fewer than four classes.
    """
    from pyautoattack.autopgd_base import APGDAttack_targeted

    n_targets = targets_for(classes or _classes(model, x), n_targets)
    attack = APGDAttack_targeted(
        model,
        n_iter=n_iter,
        norm=NORMS[norm],
        eps=eps,
        seed=seed,
        n_target_classes=n_targets,
        device=x.device,
        logger=LOG,
    )
    begin("apgd-t", calls_of_apgd_t(n_iter, n_targets))
    return _perturbed(attack, x, y)


def apgd_ce(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm = "linf",
    eps: float = 4 / 255,
    n_iter: int = 100,
    seed: int = 0,
    begin: Begin = ignore_stage,
) -> Tensor:
    """Run AutoAttack's untargeted APGD on the cross-entropy. begin: see registry.run."""
    from pyautoattack.autopgd_base import APGDAttack

    attack = APGDAttack(
        model, n_iter=n_iter, norm=NORMS[norm], eps=eps, seed=seed, loss="ce", device=x.device, logger=LOG
    )
    begin("apgd-ce", calls_of_apgd(n_iter))
    return _perturbed(attack, x, y)


def square(
    predict: Callable[[Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm,
    eps: float,
    queries: int,
    seed: int,
) -> tuple[Tensor, Tensor]:
    """Run AutoAttack's Square on x, all classified as y, and return where it came to and its queries, (B,).

    predict: from images to logits, called at most `queries` times for each image.
    """
    from pyautoattack.square import SquareAttack

    # One call for the point that it starts from.
    attack = SquareAttack(predict, NORMS[norm], n_queries=queries - 1, eps=eps, seed=seed, device=x.device)
    start = x.float().contiguous()
    attack.init_hyperparam(start)
    with SeededDraws(seed), torch.no_grad():
        asked, points = attack.attack_single_run(start, y)
    return points, asked.long()


def _perturbed(attack, x: Tensor, y: Tensor) -> Tensor:
    # It turns gradients on itself; without no_grad it keeps every step's graph.
    with global_state_restored(x.device), torch.no_grad():
        return attack.perturb(x.contiguous(), y).detach()


def autoattack(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm = "linf",
    eps: float = 4 / 255,
    seed: int = 0,
    batch_size: int = 250,
    classes: int | None = None,
    begin: Begin = ignore_stage,
) -> Tensor:
    """Run AutoAttack's standard ensemble: apgd-ce, apgd-t, fab-t and square, each on what is left.

    With fewer than ten classes its two targeted attacks get as many targets as there are; otherwise it is
    unchanged. classes: of the model, asked of it if None. begin: called ahead of the first look at the
    images, as stage "checks", and of each attack, as `announce_stages` does. Raises BadConfig for fewer than
    four classes.
    """
    with global_state_restored(x.device):
        ensemble = standard_ensemble(
            model, x, norm=norm, eps=eps, seed=seed, classes=classes or _classes(model, x)
        )
        announce_stages(ensemble, begin)
        begin("checks", None)
        x_adv, _ = ensemble.run_standard_evaluation(x.contiguous(), y, batch_size=batch_size)
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


def announce_stages(ensemble, begin: Begin) -> None:
    """Have begin(name, most) called ahead of each attack of a standard ensemble, batch by batch.

    most: how often the attack calls the model, unless it runs out of images before. Right after, the attack
    seeds the global generator. The ensemble works as before.
    """
    targets = ensemble.fab.n_target_classes
    steps = ensemble.apgd.n_iter
    for name, part, most in (
        ("apgd-ce", ensemble.apgd, calls_of_apgd(steps)),
        ("apgd-t", ensemble.apgd_targeted, calls_of_apgd_t(steps, targets)),
        ("fab-t", ensemble.fab, 1 + targets * (3 + 2 * ensemble.fab.n_iter)),
        ("square", ensemble.square, ensemble.square.n_queries),
    ):
        part.perturb = _announced(part.perturb, partial(begin, name, most))


def calls_of_apgd(n_iter: int) -> int:
    """Return how often APGD calls the model: for the labels or the target, at its start, at every step."""
    return n_iter + 2


def calls_of_apgd_t(n_iter: int, n_targets: int) -> int:
    """Return how often targeted APGD calls the model at most: for the labels, and for every target."""
    return 1 + n_targets * calls_of_apgd(n_iter)


def _announced(perturb: Callable[..., Tensor], begin: Callable[[], None]) -> Callable[..., Tensor]:
    def announced(*images: Tensor) -> Tensor:
        begin()
        return perturb(*images)

    return announced
