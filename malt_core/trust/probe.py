"""Whether a gradient foretells the margin: small steps, and what they were said to do.

Over a twentieth of eps, the margin of a network without hidden gradients changes as its gradient says, within
a few per cent, wherever an attack has failed (benchmarks/hidden_gradients.py and trust.py). Steps along the
gradient find one that points elsewhere; steps in directions drawn at random find one that is right and knows
only part of the network. After Athalye, Carlini and Wagner (arXiv 1802.00420, section 3.1) and Pintor et al.
(arXiv 2106.09947), whose indicators look at whole attacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust import outputs
from malt_core.types import Norm

ALONG = 0.05  # length of the step along the gradient, as a share of eps
SHORT, LONG = 0.03, 0.2  # and of random ones, since what is hidden may show near by, or at a distance only
EDGE = 0.01  # share of eps by which a point is moved off the edges of [0, 1], where networks often clip
LEAST, MOST = 0.8, 1.25  # real by foretold change; networks without hidden gradients: 0.9 to 1.1
STRAY = 0.5  # what random steps may be off, in standard deviations of what was foretold; those: 0.2
READABLE = 64.0  # a change over so many times its rounding is known well enough
FAINT = 0.01  # share of the mean below which a gradient is next to nothing at a colour value
SILENT = 0.15  # share of the colour values where it may be; networks without hidden gradients: 0.05
ELSEWHERE = 0.07  # and of those where in another picture it is not, as it would be if they meant nothing
LOST = 4.0  # one below so many times its rounding, over the whole of eps, is not seen at all

FORWARD, BACKWARD = 5, 1
"""Images that are sent through the network for each point."""


@dataclass(frozen=True)
class Probed:
    """What was found at P points, each (P,).

    foretold, real: the fall of the margin over the step along the gradient, in logits; stray: how far the
    worse of the random steps was off; margin: at the point; rounding: of the logits there; faint: the share
    of the colour values where the gradient all but vanishes without being zero; 0 up to SILENT, or where it
    does so in any picture. extra: passes each way for each point, beyond FORWARD and BACKWARD.
    """

    foretold: Tensor
    real: Tensor
    stray: Tensor
    margin: Tensor
    rounding: Tensor
    faint: Tensor
    extra: int

    @property
    def misleading(self) -> Tensor:
        """Where the margin does not change as the gradient says, (P,) bool."""
        readable = self.foretold > READABLE * self.rounding
        ratio = self.real / self.foretold.where(readable, 1.0)
        return (readable & ((ratio < LEAST) | (ratio > MOST))) | (self.stray > STRAY)

    @property
    def vanishing(self) -> Tensor:
        """Where the gradient tells of some colour values only, (P,) bool: as on the treads of a staircase."""
        return self.faint > 0

    @property
    def saturated(self) -> Tensor:
        """Where no step within eps changes the margin by more than its rounding, (P,) bool."""
        whole = self.foretold / ALONG
        return (whole > 0) & (whole < LOST * self.rounding)


def probe(
    network: Network,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm,
    eps: float,
    sources: Sequence[torch.Generator],
    passes: Passes,
    shared: losses.SharedLogits | None = None,
) -> Probed:
    """Look at the margin around points x (P, C, H, W) with labels y (P,), in full precision.

    sources: of the random directions, one for each point. Costs FORWARD and BACKWARD passes for each.
    """
    pixel = eps if norm == "linf" else eps / x[0].numel() ** 0.5
    x = x.clamp(EDGE * pixel, 1 - EDGE * pixel) if pixel < 1 else x
    rival: Tensor | None = None

    def slope(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        nonlocal rival
        leaf = points.detach().requires_grad_()
        passes.backward += len(points)
        with torch.enable_grad():
            z = gradients.forward(network, leaf, passes, any_number=True)
            if rival is None:
                rival = losses.others(z.detach(), y, shared).argmax(1)
            margin = losses.margin_to(z, y, rival)
            gradient = gradients.finite_or_zero(gradients.input_gradient(margin.sum(), leaf), points)
        return z.detach(), margin.detach(), gradient

    z, margin, gradient = slope(x)
    unit = outputs.rounding(z)

    def fall(points: Tensor) -> Tensor:
        there = gradients.logits(network, points, passes, any_number=True)
        return margin - losses.margin_to(there, y, rival)

    step = norms.steepest(gradient, norm).mul(ALONG * eps)
    along = (x - step).clamp(0, 1)
    foretold = _products(gradient, x - along).sum(1)
    strays = []
    for length in (SHORT, LONG):
        aside = _aside(x, length * min(pixel, 1.0), sources)
        parts = _products(gradient, x - aside)
        change = fall(aside)
        if length == LONG:  # far enough for the margin to bend: the mean of two opposite steps does not
            change = (change - fall(2 * x - aside)) / 2
        size = parts.norm(dim=1)
        readable = size > READABLE * unit
        stray = (change - parts.sum(1)).abs() / size.where(readable, 1.0)
        strays.append(stray.where(readable & stray.isfinite(), 0.0))
    stray = torch.stack(strays).amax(0)
    real = fall(along)
    real = real.where(real.isfinite(), foretold)
    faint, extra = _faint(gradient), 0
    share = faint.float().mean(1)
    if (share > SILENT).any():
        noise = torch.stack([torch.rand(x.shape[1:], generator=source) for source in sources]).to(x)
        elsewhere, extra = faint & ~_faint(slope(noise)[2]), 1
        share = share.where(elsewhere.float().mean(1) > ELSEWHERE, 0.0)
    share = share.where(share > SILENT, 0.0)
    return Probed(foretold, real, stray, margin, unit, share, extra)


def _faint(gradient: Tensor) -> Tensor:
    """Return where the gradient (P, C, H, W) is next to nothing, yet not zero, as (P, CHW) bool."""
    size = gradient.abs().flatten(1)
    some = size > 0
    mean = size.sum(1) / some.sum(1).clamp_min(1)
    return some & (size < FAINT * mean[:, None])


def _products(gradient: Tensor, step: Tensor) -> Tensor:
    return (gradient * step).flatten(1)


def _aside(x: Tensor, length: float, sources: Sequence[torch.Generator]) -> Tensor:
    """Return points where values have moved by `length`, up or down at random; those at an edge stay."""
    signs = [torch.rand(x.shape[1:], generator=source, device="cpu") < 0.5 for source in sources]
    step = torch.where(torch.stack(signs).to(x.device), length, -length).to(x.dtype)
    return torch.where((x >= length) & (x <= 1 - length), x + step, x)
