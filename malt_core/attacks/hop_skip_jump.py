"""HopSkipJump: an attack that hears only which class the network answers (Chen, Jordan and Wainwright,
arXiv 1904.02144, algorithm 2).

From an image that fools the network, however far, it goes to the boundary, asks about small random changes
there, and takes the mean of those that fool for the direction of the gradient. It steps that way, and goes
back to the boundary, nearer to the original than before.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from malt_core.attacks.decisions import Decide, Nearer, far_start, to_boundary
from malt_core.numerics import norms
from malt_core.types import Norm

PROBES = 100  # changes asked about at the first step; their number grows with the root of the steps
TOGETHER = 25  # of them asked about at a time
FIRST_PROBE = 0.1  # how far the first changes reach, in colour values from 0 to 1 (L2)
# The paper's δ is the distance over d, the number of colour values. In float32 so short a change of a
# photograph changes no answer reliably; this share is the one of IBM's ART.
PROBE = 0.01
HALVINGS = 25  # of a step, until it fools


def hop_skip_jump(decide: Decide, x0: Tensor, norm: Norm, generator: torch.Generator) -> Nearer:
    """Yield images that fool, nearer and nearer to x0 (1, C, H, W); see decisions.Nearer.

    Goes on until decide raises Spent. Ends by itself where no start is found.
    generator: of the processor; all random numbers come from it.
    """
    start = yield from far_start(decide, x0, generator)
    if start is None:
        return
    tolerance = PROBE / math.sqrt(x0.numel()) if norm == "l2" else PROBE / x0.numel()
    tolerance = max(tolerance, 1e-5)  # float32 knows no finer steps between two images
    point = yield from to_boundary(decide, x0, start, norm, tolerance)
    yield point
    nearest, step = float(norms.size(point - x0, norm)), 0
    while nearest > 0:
        step += 1
        distance = float(norms.size(point - x0, norm))
        reach = FIRST_PROBE if step == 1 else PROBE * float(norms.size(point - x0, "l2"))
        direction = yield from _direction(decide, point, norm, reach, step, generator)
        if norm == "linf":
            direction = direction.sign()
        length = distance / math.sqrt(step)
        for _ in range(HALVINGS):
            further = (point + length * direction).clamp(0.0, 1.0)
            fools = bool(decide(further))
            yield None
            if fools:
                break
            length /= 2
        else:
            continue  # more changes are asked about at the next step
        point = yield from to_boundary(decide, x0, further, norm, tolerance)
        size = float(norms.size(point - x0, norm))
        if size < nearest:
            nearest = size
            yield point


def _direction(
    decide: Decide, point: Tensor, norm: Norm, reach: float, step: int, generator: torch.Generator
):
    """Return the mean of random changes of point that fool against those that do not, of L2 length 1."""
    total, weighted, fooling, asked = torch.zeros_like(point), torch.zeros_like(point), 0.0, 0
    probes = int(PROBES * math.sqrt(step))
    while asked < probes:
        n = min(TOGETHER, probes - asked)
        drawn = {"generator": generator, "dtype": torch.float32}
        if norm == "l2":
            noise = torch.randn((n, *point.shape[1:]), **drawn)
        else:
            noise = 2 * torch.rand((n, *point.shape[1:]), **drawn) - 1
        moved = (point + reach * norms.unit(noise.to(point), "l2")).clamp(0.0, 1.0)
        sign = 2.0 * decide(moved).to(point) - 1.0
        change = (moved - point) / reach
        total += change.sum(0, keepdim=True)
        weighted += (sign.view(-1, 1, 1, 1) * change).sum(0, keepdim=True)
        fooling, asked = fooling + float(sign.sum()), asked + n
        yield None
    mean = fooling / asked
    # The mean answer is taken off, which makes the estimate less noisy (section 3.3); not where all agree.
    found = weighted if abs(mean) == 1 else weighted - mean * total
    return norms.unit(found, "l2")
