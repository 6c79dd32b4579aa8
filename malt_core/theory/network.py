"""The two-layer network N(x) = sum_i u_i relu(<w_i, x>), on a line exactly. No biases, one output.

Its first `subspace` inputs span the data's subspace; its sign is its answer. The initial weights are those
of 2303.00783's code (odeliamel/off-manifold-robustness): w_i ~ N(0, scale²/d I), u_i ~ N(0, scale²/m).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from malt_core.theory.types import TheoryConfig


@dataclass(frozen=True)
class TwoLayer:
    """w: (width, dimension), u: (width,), float64. subspace: dimension of the data."""

    w: Tensor
    u: Tensor
    subspace: int

    def before(self, z: Tensor) -> Tensor:
        """Return what the hidden units get at points z (P, subspace) of the data, (P, width)."""
        return z @ self.w[:, : self.subspace].T

    def value(self, before: Tensor) -> Tensor:
        """Return N where the hidden units get `before` (..., width)."""
        return before.clamp(min=0) @ self.u

    def gradient(self, before: Tensor) -> Tensor:
        """Return the gradient of N by its input, (P, dimension), where the units get `before` (P, width)."""
        return ((before > 0) * self.u) @ self.w


def initial(config: TheoryConfig, source: torch.Generator) -> TwoLayer:
    """Return the network before training."""
    m, d = config.width, config.dimension
    w = torch.randn(m, d, generator=source, dtype=torch.float64) * (config.scale / math.sqrt(d))
    u = torch.randn(m, generator=source, dtype=torch.float64) * (config.scale / math.sqrt(m))
    return TwoLayer(w, u, config.subspace)


@dataclass(frozen=True)
class Crossings:
    """Where steps first reach the boundary. length: (P,), inf for never; pieces: (P,) linear pieces left by
    then, all of them on the way for those that never do.
    """

    length: Tensor
    pieces: Tensor


def crossings(network: TwoLayer, before: Tensor, slope: Tensor) -> Crossings:
    """Return where N(x + t s) first reaches 0 for t > 0, exactly: N is piecewise linear in t.

    before, slope: (P, width) what the hidden units get at x, and by how much that grows with t. Unit i bends
    N at t = -before_i / slope_i, where the slope of N grows by u_i |slope_i|, whichever way it switches.
    """
    value = network.value(before)
    side = value.sign()[:, None]
    bends = -before / slope
    bends = torch.where((bends > 0) & (slope != 0), bends, torch.inf)
    at, order = bends.sort(dim=1)
    turns = (side * network.u * slope.abs()).gather(1, order)
    rising = (before > 0) | ((before == 0) & (slope > 0))
    first = (side * rising * network.u * slope).sum(1, keepdim=True)
    slopes = torch.cat((first, first + turns.cumsum(1)), 1)  # (P, width + 1), one for each piece
    starts = torch.cat((torch.zeros_like(first), at), 1)
    lengths = torch.where(at.isfinite(), at - starts[:, :-1], 0.0)
    falls = torch.cat((torch.zeros_like(first), (slopes[:, :-1] * lengths).cumsum(1)), 1)
    heights = value.abs()[:, None] + falls  # at the start of each piece
    ends = torch.cat((at, torch.full_like(first, torch.inf)), 1)
    reach = starts + torch.where(slopes < 0, heights / -slopes, torch.inf)
    found = starts.isfinite() & (reach <= ends)
    none = ~found.any(1)
    piece = found.int().argmax(1)
    length = torch.where(none, torch.inf, reach.gather(1, piece[:, None])[:, 0])
    return Crossings(length, torch.where(none, at.isfinite().sum(1), piece))
