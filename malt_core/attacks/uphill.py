"""Steps of one size towards a class, to the last of them, with momentum or without.

Momentum: Dong et al., "Boosting Adversarial Attacks with Momentum", CVPR 2018 (arXiv 1710.06081), equations 6
and 7: gradients, each divided by its mean size, are added up with the decay, and the step goes along the sign
of the sum. A decay of 0 is the plain iterated attack. Other than in the paper, the margin to a class takes
the place of the cross-entropy, whose gradient vanishes once the network is fooled for certain.

For images that are to fool other networks: nothing ends such a run early, since an image that has just
crossed one network's boundary hardly fools any other.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network, Passes


def towards(
    model: Network,
    x: Tensor,
    y: Tensor,
    target: Tensor,
    *,
    eps: float,
    step: float,
    n_iter: int,
    decay: Tensor,
    passes: Passes,
) -> Iterator[Tensor]:
    """Yield the n_iter points (B, C, H, W) that the images visit, from the first step to the last, unjudged.

    x: (B, C, H, W) in [0, 1], where the runs begin; y, target: (B,) classes, whose margin is lowered; eps: of
    the linf ball that all points lie in; decay: (B,), 0 for no momentum. One pass each way for a step.
    """
    ball, point, gathered = norms.Ball(x, "linf", eps), x.clone(), torch.zeros_like(x)
    for _ in range(n_iter):
        passes.backward += len(x)
        leaf = point.detach().requires_grad_()
        with torch.enable_grad():
            z = gradients.forward(model, leaf, passes, any_number=True)
            gradient = gradients.input_gradient(-losses.margin_to(z, y, target).sum(), leaf)
        gradient = gradients.finite_or_zero(gradient, x)
        size = gradient.abs().mean(dim=(1, 2, 3), keepdim=True)
        gathered = decay.view(-1, 1, 1, 1) * gathered + gradient / (size + 1e-12)
        point = ball.project_(point + step * gathered.sign())
        yield point
