"""The two balls that attacks stay in: linf and l2, their dual norms, projections and 8-bit rounding.

All functions work on batches: x is (B, C, H, W), results of norms are (B,).
"""

from __future__ import annotations

import torch
from torch import Tensor

from malt_core.types import Norm


def size(delta: Tensor, norm: Norm) -> Tensor:
    """Return ||delta|| of every row, (B,)."""
    flat = delta.flatten(1)
    return flat.abs().amax(1) if norm == "linf" else torch.linalg.vector_norm(flat, dim=1)


def dual_size(gradient: Tensor, norm: Norm) -> Tensor:
    """Return the dual norm of every row, (B,): L1 for linf, L2 for l2.

    By Hoelder, margin / dual norm of its gradient is the distance at which a linear margin vanishes.
    """
    return torch.linalg.vector_norm(gradient.flatten(1), ord=1 if norm == "linf" else 2, dim=1)


def _per_row(values: Tensor, like: Tensor) -> Tensor:
    return values.view(-1, *[1] * (like.dim() - 1))


def unit(delta: Tensor, norm: Norm) -> Tensor:
    """Scale every row to length 1 in the norm; zero rows stay zero."""
    return delta / (_per_row(size(delta, norm), delta) + 1e-12)


def steepest(gradient: Tensor, norm: Norm) -> Tensor:
    """Return the direction of length 1 that increases a linear function most: its sign, or itself scaled."""
    return gradient.sign() if norm == "linf" else unit(gradient, norm)


class Ball:
    """The eps-balls around x0 (B, C, H, W), cut off at [0, 1]."""

    def __init__(self, x0: Tensor, norm: Norm, eps: float) -> None:
        self.x0, self.norm, self.eps = x0, norm, eps
        if norm == "linf":
            self.low, self.high = (x0 - eps).clamp_(min=0.0), (x0 + eps).clamp_(max=1.0)

    def project_(self, x: Tensor) -> Tensor:
        """Bring x (B, C, H, W) into the ball, then into [0, 1], in place; x is returned.

        Clipping to [0, 1] after the projection cannot leave the ball, since x0 lies in [0, 1] itself.
        """
        if self.norm == "linf":
            return torch.clamp(x, self.low, self.high, out=x)
        delta = x.sub_(self.x0)
        length = _per_row(size(delta, self.norm), delta)
        delta.div_(length + 1e-12).mul_(length.clamp(max=self.eps))
        return x.add_(self.x0).clamp_(0.0, 1.0)

    def rise(self, gradient: Tensor, x: Tensor) -> Tensor:
        """Return the most, (B,), that a linear function of this gradient (B, C, H, W) rises within, from x.

        For l2 without the bounds of [0, 1], so that there it is at least that.
        """
        if self.norm == "linf":
            return (gradient * (torch.where(gradient > 0, self.high, self.low) - x)).flatten(1).sum(1)
        return self.eps * dual_size(gradient, self.norm) - (gradient * (x - self.x0)).flatten(1).sum(1)


def random_start(x0: Tensor, norm: Norm, eps: float, generators: list[torch.Generator]) -> Tensor:
    """Return AutoAttack's random start: noise scaled to length eps, clipped to [0, 1].

    Row i draws from generators[i] alone, so its start does not depend on who else is in the batch.
    They are drawn in float32 on the processor, whatever default device and type the caller has set.
    """
    drawn = {"dtype": torch.float32, "device": "cpu"}
    if norm == "linf":
        rows = [2 * torch.rand(x0.shape[1:], generator=g, **drawn) - 1 for g in generators]
    else:
        rows = [torch.randn(x0.shape[1:], generator=g, **drawn) for g in generators]
    noise = torch.stack(rows).to(x0)
    return (x0 + eps * unit(noise, norm)).clamp(0.0, 1.0)


def has_eight_bits(x: Tensor) -> bool:
    """Return whether x has multiples of 1/255 only, as every picture from a file of 8 bits has."""
    return bool(((x * 255).round() / 255 - x).abs().max() < 1e-6)


def eight_bit_image(x: Tensor, x0: Tensor, norm: Norm, eps: float) -> Tensor:
    """Return x rounded to multiples of 1/255 without leaving the eps-ball around x0, rounded likewise.

    Rounding to the nearest keeps a linf ball of eps = k/255. Where it would leave the ball (other eps,
    or l2) that row's changes are rounded towards zero instead, which shortens them in every norm.
    """
    nearest, x0 = (x * 255).round() / 255, (x0 * 255).round() / 255
    # A change of 3.99998 steps is meant to be 4: without the slack float32 noise would cost a whole step.
    change = (x - x0) * 255
    towards_zero = ((x0 * 255).round() + change.sign() * (change.abs() + 3e-5).floor()) / 255
    outside = size(nearest - x0, norm) > eps + 1e-6
    return torch.where(_per_row(outside, x), towards_zero, nearest)
