"""Real and predicted logits of the leading classes along an attack (the paper's figure of two rows).

Logits, never softmax: probabilities saturate, and look like a step where the logits are a line.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from malt_core.linearity.scales import CHUNK, way
from malt_core.linearity.types import LogitsAlong
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.types import Norm

CLASSES, POINTS = 6, 25


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def logits_along(
    model: Network,
    x0: Tensor,
    x_adv: Tensor,
    y: int,
    target: int,
    *,
    eps: float,
    norm: Norm = "linf",
) -> LogitsAlong:
    """Return the logits of at most CLASSES classes at POINTS places from x0 to eps, towards x_adv.

    Each class is predicted from its own gradient at x0: z_i(x0) + <grad z_i(x0), x - x0>, on the same
    images, clipped to [0, 1]. Besides y and the target, those classes are followed that are highest at
    either end. Costs POINTS + 1 forward passes and a backward pass a class. Raises BadConfig where x_adv is
    x0.
    """
    passes, direction = Passes(), way(x0, x_adv, eps=eps, norm=norm)
    s = torch.linspace(0.0, 1.0, POINTS, dtype=torch.float64, device="cpu")
    images = [
        (x0 + part.to(x0)[:, None, None, None] * direction).clamp(0.0, 1.0)
        for part in s.split(gradients.worth_a_pass(x0, CHUNK))
    ]
    z = torch.cat([gradients.logits(model, part, passes) for part in images])
    classes = _leading(z, y, target)
    leaf = x0[None].detach().requires_grad_()
    with torch.enable_grad():
        z0 = gradients.forward(model, leaf, passes)[0, list(classes)]
        slopes = [gradients.input_gradient(value, leaf, keep_graph=True) for value in z0]
    z0 = z0.detach().double().cpu()
    linear = [
        torch.cat([_rise(part - x0, gradients.finite_or_zero(slope, leaf.detach())) for part in images])
        for slope in slopes
    ]
    return LogitsAlong(
        classes=classes,
        s=tuple(s.tolist()),
        true=tuple(tuple(z[:, i].tolist()) for i in classes),
        linear=tuple(tuple((start + rise).tolist()) for start, rise in zip(z0, linear, strict=True)),
    )


def _rise(change: Tensor, slope: Tensor) -> Tensor:
    return (change * slope).flatten(1).cpu().double().sum(1)


def _leading(z: Tensor, y: int, target: int) -> tuple[int, ...]:
    """Return the classes to follow along logits (T, K): y, the target, and the highest at either end."""

    def highest() -> Iterator[int]:
        for first, last in zip(z[0].argsort(descending=True), z[-1].argsort(descending=True), strict=True):
            yield from (int(first), int(last))

    found = dict.fromkeys((y, target))
    for index in highest():
        if len(found) >= min(CLASSES, z.shape[1]):
            break
        found.setdefault(index)
    return tuple(found)
