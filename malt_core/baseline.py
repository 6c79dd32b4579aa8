"""AutoAttack as published, through pyautoattack: what MALT is compared with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from malt_core.types import Norm

if TYPE_CHECKING:
    from malt_core.gradients import Network

_NORMS = {"linf": "Linf", "l2": "L2"}


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
    """Run AutoAttack's targeted APGD and return its images (B, C, H, W), the original where it failed.

    x: (B, C, H, W) float32 in [0, 1]; y: (B,). Needs more classes than targets. The global random state,
    which pyautoattack reseeds, is put back afterwards.
    """
    from pyautoattack.autopgd_base import APGDAttack_targeted

    attack = APGDAttack_targeted(
        model,
        n_iter=n_iter,
        norm=_NORMS[norm],
        eps=eps,
        seed=seed,
        n_target_classes=n_targets,
        device=x.device,
        logger=logging.getLogger("auto-attack"),
    )
    with torch.random.fork_rng(devices=[x.device] if x.device.type == "cuda" else []):
        return attack.perturb(x.contiguous(), y).detach()
