"""How the margin's gradient changes: along adversarial steps, and along random steps of the same length.

A linear margin has one gradient everywhere. MALT's paper (arXiv 2407.02240, section 5) asks how far the
gradient drifts within the reach of an attack; random steps of the same length are the measure for how much of
that lies in the direction. `gradient_alignment` is the number of a study of catastrophic overfitting
(Andriushchenko and Flammarion, arXiv 2007.02617, section 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from malt_core.linearity.types import DriftPoint
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator
from malt_core.types import Norm

STEPS = 8
DRAWS = 4  # random points for one number of alignment
_ALIGNMENT = -1  # the place of a target among the random sources


def change(gradient: Tensor, origin: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return relative change and cosine of every row of gradient (D, C, H, W) against origin (1, C, H, W).

    A change is inf where origin is zero and the row is not, 0 where both are.
    """
    g, g0 = gradient.flatten(1), origin.flatten(1)
    relative = (g - g0).norm(dim=1) / g0.norm(dim=1)
    cosine = torch.nn.functional.cosine_similarity(g, g0)
    return tuple(relative.nan_to_num(0.0, posinf=torch.inf).tolist()), tuple(cosine.tolist())


def random_direction(x0: Tensor, source: torch.Generator) -> Tensor:
    """Return a direction like x0 (C, H, W), of length 1 in L2, equally likely to be any."""
    noise = torch.randn((1, *x0.shape), generator=source, dtype=x0.dtype, device="cpu").to(x0.device)
    return (noise / noise.norm())[0]


def random_points(x0: Tensor, direction: Tensor, lengths: Tensor) -> Tensor:
    """Return x0 (C, H, W) after steps of so many lengths (D,) in L2, (D, C, H, W) in [0, 1].

    Where a pixel would leave [0, 1] it goes the other way: cutting it off would make the step shorter.
    """
    step = direction * lengths[:, None, None, None]
    outside = (x0 + step < 0) | (x0 + step > 1)
    return (x0 + torch.where(outside, -step, step)).clamp(0.0, 1.0)


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def drift(
    model: Network, x0: Tensor, y: int, target: int, *, eps: float, norm: Norm = "linf", seed: int = 0
) -> Iterator[DriftPoint]:
    """Yield the drift after each of STEPS adversarial steps of eps/STEPS from x0, and random ones beside.

    x0: one image (C, H, W) in [0, 1], where the model computes. An adversarial step goes against the gradient
    of the margin y - target that holds there (its sign for linf), inside the ball of eps and [0, 1]. Random
    steps go all in one direction. Costs 2 STEPS + 1 passes each way. The model is used as it is; see
    numerics.gradients.evaluation_mode.
    """
    passes = Passes()
    label, aim = torch.tensor([[y], [target]], device=x0.device)
    ball = norms.Ball(x0[None], norm, eps)
    direction = random_direction(x0, row_generator(seed, 0, target))
    _, g0 = gradients.margin_and_gradient(model, x0[None], label, aim, passes)
    x, g = x0[None], g0
    for _ in range(STEPS):
        x = ball.project_(x - eps / STEPS * norms.steepest(g, norm))
        beside = random_points(x0, direction, (x - x0).flatten(1).norm(dim=1))
        _, both = gradients.margin_and_gradient(
            model, torch.cat((x, beside)), label.expand(2), aim.expand(2), passes
        )
        relative, cosine = change(both, g0)
        yield DriftPoint(
            length=float(norms.size(x - x0, norm)) / eps,
            drift=_finite(relative[0]),
            cosine=cosine[0],
            random_drift=_finite(relative[1]),
            random_cosine=cosine[1],
        )
        g = both[:1]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


@torch.inference_mode(False)
def gradient_alignment(model: Network, x0: Tensor, y: int, *, eps: float, seed: int = 0) -> float:
    """Return the mean cosine between the gradients at x0 and at DRAWS points x0 + u, u uniform in
    [-eps, eps] for each colour value: 1 for a straight model, near 0 for one that only looks so to one step.

    As in arXiv 2007.02617, the gradients are those of the cross-entropy of y, and x0 + u is not clipped. x0:
    one image (C, H, W). Costs DRAWS + 1 passes each way. 0 where a gradient vanishes.
    """
    source = row_generator(seed, 0, _ALIGNMENT)
    u = torch.rand((DRAWS, *x0.shape), generator=source, dtype=torch.float32, device="cpu").to(x0)
    points = torch.cat((x0[None], x0 + eps * (2 * u - 1)))
    found = []
    for part in points.split(gradients.worth_a_pass(x0, DRAWS + 1)):
        leaf = part.detach().requires_grad_()
        with torch.enable_grad():
            z = gradients.forward(model, leaf, Passes())
            loss = torch.nn.functional.cross_entropy(z, z.new_full((len(z),), y, dtype=torch.int64))
            # The mean over the part changes the gradients' lengths only.
            found.append(gradients.finite_or_zero(gradients.input_gradient(loss, leaf), part))
    _, cosines = change(torch.cat(found)[1:], found[0][:1])
    return sum(cosines) / DRAWS
