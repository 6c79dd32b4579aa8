"""The two oldest gradient attacks: one step, and many.

FGSM: Goodfellow, Shlens, Szegedy, arXiv 1412.6572. PGD: Madry et al., arXiv 1706.06083, whose CIFAR-10
evaluation takes steps of a quarter of eps. Both raise the cross-entropy, and go on to their end.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator
from malt_core.types import Norm


def _uphill(model: Network, x: Tensor, y: Tensor, norm: Norm, passes: Passes) -> Tensor:
    """Return the direction of length 1 that raises the cross-entropy most, in the shape of x."""
    passes.backward += len(x)
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        loss = functional.cross_entropy(
            gradients.forward(model, leaf, passes, any_number=True), y, reduction="sum"
        )
        gradient = gradients.input_gradient(loss, leaf)
    return norms.steepest(gradients.finite_or_zero(gradient, x), norm)


def fgsm(model: Network, x: Tensor, y: Tensor, *, norm: Norm, eps: float, passes: Passes) -> Tensor:
    """Take one step of length eps. x: (B, C, H, W) in [0, 1]; y: (B,); returns (B, C, H, W), unjudged."""
    return norms.Ball(x, norm, eps).project_(x + eps * _uphill(model, x, y, norm, passes))


def pgd(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm,
    eps: float,
    n_iter: int,
    seed: int,
    first: int = 0,
    passes: Passes,
) -> Tensor:
    """Take n_iter steps of length eps / 4 from a random start, projected; return the last point, unjudged.

    x: (B, C, H, W) in [0, 1]; y: (B,). The starts depend on seed, first + place in the batch and
    label alone.
    """
    sources = [row_generator(seed, first + i, label) for i, label in enumerate(y.tolist())]
    ball, point = norms.Ball(x, norm, eps), norms.random_start(x, norm, eps, sources)
    for _ in range(n_iter):
        point = ball.project_(point + eps / 4 * _uphill(model, point, y, norm, passes))
    return point
