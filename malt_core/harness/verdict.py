"""Which images count as an attack's success: the one rule for all attacks, whoever wrote them.

An attack's own word counts for nothing. What it returns counts only if it is finite, lies inside the eps-ball
around its original and inside [0, 1], and the model, asked afresh in float32 about this very image, gives it
another class than the label. Asking the model is for the caller; the rest is here.
"""

from __future__ import annotations

import torch
from torch import Tensor

from malt_core.numerics import norms
from malt_core.types import Norm

# How far float32 rounding can carry a projected image out of its ball: relative to eps, and in pixel units.
RELATIVE_SLACK, ABSOLUTE_SLACK = 1e-5, 2e-7


def what_counts(adversarial: Tensor, x: Tensor, norm: Norm, eps: float) -> Tensor:
    """Return the images to judge, (B, C, H, W) in the type of x: the original in place of one that breaks the
    rules.

    adversarial: (B, C, H, W), what an attack returned; x: (B, C, H, W), the originals; eps: in their unit.
    """
    adversarial = adversarial.to(x.dtype)
    return torch.where(inside(adversarial, x, norm, eps)[:, None, None, None], adversarial, x)


def inside(points: Tensor, x: Tensor, norm: Norm, eps: float) -> Tensor:
    """Return which points (B, C, H, W) are finite, in [0, 1] and in the ball around their x, (B,) bool."""
    return _near(norms.size(points - x, norm), eps) & _displayable(points)


def inside_each(points: Tensor, centres: Tensor, norm: Norm, eps: float) -> Tensor:
    """Return which of points (R, C, H, W) is `inside` the ball of which of centres (S, C, H, W), (R, S)."""
    p = torch.inf if norm == "linf" else 2.0
    flat, exact = (points.flatten(1), centres.flatten(1)), "donot_use_mm_for_euclid_dist"
    distance = torch.cdist(*flat, p, compute_mode=exact)
    return _near(distance, eps) & _displayable(points)[:, None]


def _near(distance: Tensor, eps: float) -> Tensor:
    return distance <= eps * (1 + RELATIVE_SLACK) + ABSOLUTE_SLACK


def _displayable(points: Tensor) -> Tensor:
    """Return which points are images, (R,): every value in [0, 1], which no NaN is."""
    flat = points.flatten(1)
    return (flat.amin(1) >= 0) & (flat.amax(1) <= 1)
