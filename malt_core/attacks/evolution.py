"""An evolutionary search that hears only whether an image is accepted: fooled, or not fooled.

In the spirit of "evading classifiers by morphing in the dark" (Dang, Huang and Chang, arXiv 1705.07535),
where random changes of PDF malware are steered by accept and reject alone: what scores a change there is how
far along a way the answer flips, and so it is here. An individual is a direction; its fitness the distance
along it at which the network's answer changes. One parent, one child: (1+1), with the one-fifth success rule
for how large a part of the direction a child changes (Rechenberg, 1973). That directions of plain signs
suffice for linf is RayS's finding (Chen and Gu, arXiv 2006.12792). Nothing has to be differentiable.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from malt_core.attacks.decisions import TRIES, Decide, Nearer, to_boundary
from malt_core.numerics import norms
from malt_core.types import Norm

TOLERANCE = 0.004  # of the first search along a direction, as a share of the way
LEAST_GAIN = 0.002  # by which a child has to be nearer, as a share of its parent's distance ...
GAIN = 0.1  # ... or by this much of the share of the direction that was changed, if that is more
SMALLEST = 16  # the changed part is never smaller than this fraction of the side
FURTHER = 16  # how many such gains it is tried to be nearer
GROWTH = 1.5  # of the changed part's side after a success; a failure takes a quarter of that (one in five)


def evolution(decide: Decide, x0: Tensor, norm: Norm, generator: torch.Generator) -> Nearer:
    """Yield images that fool, nearer and nearer to x0 (1, C, H, W); see decisions.Nearer.

    Goes on until decide raises Spent. Ends by itself where none of TRIES random directions leads to an image
    that fools. generator: of the processor; all random numbers come from it.
    """
    side = min(x0.shape[2:])
    reach = 1.0 if norm == "linf" else math.sqrt(x0.numel())  # from anywhere to everywhere
    parent = None
    for _ in range(TRIES):
        first = _unit(_blocks(x0, generator), norm)
        image = _along(x0, first, reach)
        fools = bool(decide(image))
        yield None
        if fools:
            parent = first
            break
    if parent is None:
        return
    best = yield from to_boundary(decide, x0, image, norm, TOLERANCE)
    yield best
    nearest = float(norms.size(best - x0, norm))
    part = side / 2
    while nearest > 0:
        child = _child(parent, part, norm, generator)
        gain = max(LEAST_GAIN, GAIN * (part / side) ** 2)
        image = _along(x0, child, (1 - gain) * nearest)
        fools = bool(decide(image))
        yield None
        part *= GROWTH if fools else GROWTH**-0.25
        part = min(max(part, side / SMALLEST, 1.0), float(side))
        size = float(norms.size(image - x0, norm))
        if not fools or size >= nearest:
            continue
        parent = child
        low = max(0.0, 1 - FURTHER * gain)
        best = yield from to_boundary(decide, x0, image, norm, gain, low)
        nearest = float(norms.size(best - x0, norm))
        yield best


def _along(x0: Tensor, direction: Tensor, distance: float) -> Tensor:
    return (x0 + distance * direction).clamp(0.0, 1.0)


def _unit(direction: Tensor, norm: Norm) -> Tensor:
    return direction if norm == "linf" else norms.unit(direction, "l2")


def _blocks(x0: Tensor, generator: torch.Generator) -> Tensor:
    """Return a random direction of signs like x0, alike within blocks of an eighth of its side."""
    channels, height, width = x0.shape[1:]
    block = max(1, min(height, width) // 8)
    signs = (
        2 * torch.randint(0, 2, (1, channels, -(-height // block), -(-width // block)), generator=generator)
        - 1
    )
    whole = signs.repeat_interleave(block, 2).repeat_interleave(block, 3)[..., :height, :width]
    return whole.to(x0)


def _child(parent: Tensor, part: float, norm: Norm, generator: torch.Generator) -> Tensor:
    """Return the parent with one random rectangle of its direction changed in some of the colours.

    linf: turned round. l2: one half of the time erased, else pushed by a random colour.
    """
    channels, height, width = parent.shape[1:]

    def whole(low: int, high: int) -> int:
        return int(torch.randint(low, high + 1, (), generator=generator))

    tall, wide = (max(1, min(n, round(part * 2.0 ** (whole(-2, 2) / 2)))) for n in (height, width))
    top, left = whole(0, height - tall), whole(0, width - wide)
    colours = torch.randint(0, 2, (channels,), generator=generator).bool()
    colours[whole(0, channels - 1)] = True
    child = parent.clone()
    place = child[:, colours.to(parent.device), top : top + tall, left : left + wide]
    if norm == "linf":
        place = -place
    elif whole(0, 1):
        place = torch.zeros_like(place)
    else:
        push = torch.randn((1, place.shape[1], 1, 1), generator=generator, dtype=torch.float32).to(parent)
        place = place + push * parent.square().mean().sqrt()
    child[:, colours.to(parent.device), top : top + tall, left : left + wide] = place
    return _unit(child, norm)
