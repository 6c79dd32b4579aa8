"""MALT as its authors published it (arXiv 2407.02240, algorithm 1): the slow reference.

Written afresh from the paper, to be read beside it. For an image x of class y, c candidates and a targets:

    1. C = the c classes with the highest logits besides y                              -> candidates
    2. for each i in C:  s_i = (z_y(x) - z_i(x)) / ||grad (z_y - z_i)(x)||_*            -> scores
    3. T = the a classes of C with the smallest s_i, in that order                      -> targets
    4. for each t in T, until one succeeds: targeted APGD towards t, all its steps      -> published

Step 2 costs c forward and c backward passes an image, one copy of it for each candidate, as in the authors'
code; nothing is shared. Step 4 is a full run for every image that is still unfooled: an image that falls at
the second step of a run is carried to its last.

The APGD is that of Croce and Hein (arXiv 2003.01690) through pyautoattack, fed with the targets: the paper
says APGD with AutoAttack's targeted loss, the authors' demo calls a port of this very code, and it shares
nothing with the implementation in malt_core that it is the yardstick for.

Two things are kinder to the clock than the authors' code, which also computes gradients of the weights
and keeps every row of the Jacobian. One is mended: there a vanishing gradient scores 0 and is attacked
first; here it comes last.
"""

from __future__ import annotations

import logging

import torch
from pyautoattack.autopgd_base import APGDAttack_targeted
from torch import Tensor, nn

from malt_core.types import Norm

NORMS = {"linf": "Linf", "l2": "L2"}
DUAL = {"linf": 1, "l2": 2}  # the gradient's norm that measures distance in the attack's norm


def candidates(z: Tensor, y: Tensor, c: int) -> Tensor:
    """Return the c classes with the highest logits besides y, (B, c). z: (B, K); y: (B,)."""
    others = z.scatter(1, y[:, None], -torch.inf)
    return others.topk(min(c, z.shape[1] - 1), dim=1).indices


def scores(model: nn.Module, x: Tensor, y: Tensor, classes: Tensor, norm: Norm, batch_size: int) -> Tensor:
    """Return s_i of every candidate, (B, c): its margin divided by the dual norm of the margin's gradient.

    x: (B, C, H, W); classes: (B, c). The images are copied c times and go through in batches of copies.
    """
    image = torch.arange(len(x)).repeat_interleave(classes.shape[1])
    found = []
    for copy, i in zip(image.split(batch_size), classes.flatten().split(batch_size), strict=True):
        copies = x[copy].requires_grad_()
        z = model(copies)
        row = torch.arange(len(copy))
        margin = z[row, y[copy]] - z[row, i]
        (gradient,) = torch.autograd.grad(margin.sum(), copies)
        size = torch.linalg.vector_norm(gradient.flatten(1), ord=DUAL[norm], dim=1)
        found.append(torch.where(size > 0, margin.detach() / size, torch.inf))
    return torch.cat(found).view_as(classes)


def targets(
    model: nn.Module, x: Tensor, y: Tensor, *, norm: Norm, c: int = 100, a: int = 9, batch_size: int = 64
) -> Tensor:
    """Return the classes to attack, (B, a), in order."""
    with torch.no_grad():
        z = torch.cat([model(chunk) for chunk in x.split(batch_size)])
    classes = candidates(z, y, c)
    order = scores(model, x, y, classes, norm, batch_size).argsort(dim=1, stable=True)
    return classes.gather(1, order[:, :a])


def published(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm = "linf",
    eps: float = 4 / 255,
    n_targets: int = 9,
    n_candidates: int = 100,
    n_iter: int = 100,
    seed: int = 0,
    batch_size: int = 64,
) -> Tensor:
    """Attack images (B, C, H, W), float32 in [0, 1], that the model classifies as y, (B,), in float32.

    Returns (B, C, H, W): the adversarial image, or the original where none was found. The model needs at
    least four classes. The global random state, which pyautoattack draws from, is put back.
    """
    attack = APGDAttack_targeted(
        model,
        n_iter=n_iter,
        norm=NORMS[norm],
        eps=eps,
        device=x.device,
        logger=logging.getLogger("auto-attack"),
    )
    attack.init_hyperparam(x)
    adversarial = x.clone()
    unfooled = torch.arange(len(x))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for target in targets(model, x, y, norm=norm, c=n_candidates, a=n_targets, batch_size=batch_size).T:
            left = []
            for images in unfooled.split(batch_size):
                attack.y_target = target[images]
                with torch.no_grad():  # it turns gradients on itself; else it keeps every step's graph
                    _, right, _, found = attack.attack_single_run(x[images], y[images])
                adversarial[images[~right]] = found[~right].detach()
                left.append(images[right])
            unfooled = torch.cat(left)
            if not len(unfooled):
                break
    return adversarial
