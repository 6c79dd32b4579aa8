"""Gradient descent on the two-layer network, both layers, all points at once, with the logistic loss.

Points on a subspace move weights within it only: the gradient by w_i is a sum of multiples of the points. Off
it, weights stay as they began, but for decay. So the steps are computed in the subspace, and the rest is one
factor: the same weights at a fraction of the cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import softplus

from malt_core.theory.network import TwoLayer
from malt_core.theory.types import TrainingStep

ENOUGH = 0.3  # margin at which training ends, as in the code of 2303.00783
MOST_STEPS = 2000
START, GROWTH, CUT = 0.5, 1.02, 0.5  # of the step size: at first, while the loss falls, where it would rise
STILL, LOOKED_AT = 1e-3, 50  # a fall of the loss, as a share of it, over so many steps that is none
EVERY = 10  # steps between two events, after as many


@dataclass(frozen=True)
class Trained:
    """shrunk: see Measured; the rest as there, too."""

    network: TwoLayer
    steps: int
    loss: float
    margin: float
    ended: Literal["margin", "still", "steps"]
    shrunk: float


def train(network: TwoLayer, z: Tensor, y: Tensor, decay: float) -> Iterator[TrainingStep | Trained]:
    """Yield how it goes, then the network that training ends with.

    z: (N, subspace); y: (N,), 1 or -1; float64. Every step adds decay times the weights to the gradient.
    The step size begins at half of what is stable at first, and grows until the loss would rise.
    """
    w, u, shrunk = network.w[:, : network.subspace], network.u, 1.0
    rate = START / _curvature(network, z)
    costs: list[float] = []
    before = w, u, shrunk
    ended: Literal["margin", "still", "steps"] = "steps"
    loss = margin = float("nan")
    while True:
        hidden = z @ w.T
        active = hidden.clamp(min=0)
        margins = y * (active @ u)
        now = float(softplus(-margins).mean())
        cost = now + decay / 2 * float(w.square().sum() + u.square().sum())
        if costs and not cost <= costs[-1] and rate > 1e-12:
            (w, u, shrunk), rate = before, rate * CUT
        else:
            loss, margin = now, float(margins.min())
            costs.append(cost)
            steps = len(costs) - 1
            enough = margin >= ENOUGH and not decay
            ended = "margin" if enough else "still" if _stands_still(costs) else "steps"
            if ended != "steps" or steps >= MOST_STEPS:
                break
            if steps <= EVERY or steps % EVERY == 0:
                yield TrainingStep(step=steps, loss=loss, margin=margin)
            before, rate = (w, u, shrunk), rate * GROWTH
            pull = -y * torch.sigmoid(-margins) / len(y)
            by_u, by_w = active.T @ pull, ((hidden > 0) * u * pull[:, None]).T @ z
        w, u, shrunk = _stepped(before, by_w, by_u, rate, decay)
    yield TrainingStep(step=steps, loss=loss, margin=margin)
    whole = torch.cat((w, shrunk * network.w[:, network.subspace :]), 1)
    yield Trained(replace(network, w=whole, u=u), steps, loss, margin, ended, shrunk)


def _stepped(
    before: tuple[Tensor, Tensor, float], by_w: Tensor, by_u: Tensor, rate: float, decay: float
) -> tuple[Tensor, Tensor, float]:
    w, u, shrunk = before
    keep = 1 - rate * decay
    return keep * w - rate * by_w, keep * u - rate * by_u, keep * shrunk


def _stands_still(costs: list[float]) -> bool:
    return len(costs) > LOOKED_AT and costs[-LOOKED_AT] - costs[-1] < STILL * costs[-1]


def _curvature(network: TwoLayer, z: Tensor) -> float:
    """Return the largest eigenvalue of the tangent kernel on the points, over their number.

    The logistic loss bends by a quarter at most, so steps up to 8 over it are stable at first.
    """
    hidden = network.before(z)
    on, active = (hidden > 0).double(), hidden.clamp(min=0)
    kernel = ((on * network.u.square()) @ on.T) * (z @ z.T) + active @ active.T
    return float(torch.linalg.eigvalsh(kernel)[-1]) / len(z)
