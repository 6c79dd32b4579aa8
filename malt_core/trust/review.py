"""After an attack: whether what it left has withstood, or the attack has failed.

Zero gradients were counted on the way. On some of the images left, the network is asked again, and its
gradient is put to the test (probe.py), where tries have ended and where they began, for a few per cent of
the passes that the attack has cost. An image that was fooled needs no such look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from malt_core.numerics import gradients, losses
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.modules import modules_within
from malt_core.numerics.random import row_generator
from malt_core.trust import flags, outputs, probe, soundness
from malt_core.trust.eot import Averaged
from malt_core.trust.flags import Flag
from malt_core.trust.straight_through import StraightThrough
from malt_core.types import Norm

SHARE = 0.04  # of the attack's passes
COST = probe.FORWARD + probe.BACKWARD  # of a point
LEAST = 2  # points, where two images are left
MOST = 16  # points; 0 for no look at all
CHANGING = ("randomised", "stateful", "training-mode")


@dataclass(frozen=True)
class Gradients:
    """What an attack has seen of the gradients of B images, each (B,): how many it asked for, how many of
    those were zero, and how many held values that are not finite.
    """

    asked: Tensor
    zero: Tensor
    broken: Tensor


def review(
    network: Network,
    x: Tensor,
    y: Tensor,
    z: Tensor,
    left: Tensor,
    *,
    seen: Gradients,
    ends: Mapping[int, Tensor],
    known: tuple[Flag, ...],
    norm: Norm,
    eps: float,
    passes: Passes,
    shared: losses.SharedLogits | None = None,
) -> tuple[tuple[Flag, ...], Tensor, Tensor]:
    """Return the flags of an attack on images x (B, C, H, W), and its own passes forward and backward, (B,).

    y: (B,) labels; z: (B, K) the answers to x, ahead of the attack; left: (L,) the images that withstood.
    ends: where tries at some of those ended, (C, H, W). known: the flags of the trial (soundness.try_out),
    which come first. norm, eps: the ball. passes: what the attack has cost so far, and gets what this costs.
    """
    images, found = left.tolist(), list(known)
    forward_of, backward_of = torch.zeros_like(y), torch.zeros_like(y)
    found += outputs.probabilities(z)
    if not images:
        return flags.merged(found), forward_of, backward_of
    found += outputs.cut_off(z, images, shared)
    found += _on_the_way(seen, images)
    affordable = int(SHARE * (passes.forward + passes.backward) / COST)
    count = min(MOST, max(affordable, min(LEAST, len(images))))
    found += training(network)
    if not count or isinstance(network, Averaged) or any(flag.code in CHANGING for flag in found):
        return flags.merged(found), forward_of, backward_of
    some = left[:count]
    forward_of[some] += 1
    found += soundness.changes(network, x[some], z[some], passes)
    if not any(flag.code in CHANGING for flag in found):
        places, points = _points(x, images, ends, count)
        at = torch.tensor(places, device=y.device)
        probed = probe.probe(
            network,
            gradients.match_memory_format(network, points),
            y[at],
            norm=norm,
            eps=eps,
            sources=[row_generator(number, place, -1) for number, place in enumerate(places)],
            passes=passes,
            shared=shared,
        )
        forward_of.index_add_(0, at, torch.full_like(at, probe.FORWARD + probed.extra))
        backward_of.index_add_(0, at, torch.full_like(at, probe.BACKWARD + probed.extra))
        lent = any(isinstance(module, StraightThrough) for module in modules_within(network))
        found += _found(probed, places, lent)
    return flags.merged(found), forward_of, backward_of


def _on_the_way(seen: Gradients, images: list[int]) -> list[Flag]:
    found = []
    for make, counts in ((flags.zero_gradient, seen.zero), (flags.nan_gradient, seen.broken)):
        those = [i for i in images if counts[i] > 0]
        if those:
            found.append(make(those, int(counts[those].sum()), int(seen.asked[those].sum())))
    return found


def training(network: Network) -> list[Flag]:
    """Return a flag for a network of which a module runs as in training."""
    modules = (module for module in modules_within(network) if getattr(module, "training", False))
    module = next(modules, None)
    return [] if module is None else [flags.training_mode(type(module).__name__)]


def _points(x: Tensor, images: list[int], ends: Mapping[int, Tensor], count: int) -> tuple[list[int], Tensor]:
    """Return up to `count` points, and of which image each is: in turns where tries ended and began."""
    ended = [(i, ends[i]) for i in images if i in ends]
    began = [(i, x[i]) for i in images[len(images) // 2 :] + images[: len(images) // 2]]
    turns = [point for pair in zip(ended, began, strict=False) for point in pair] or began
    places, points = zip(*turns[:count], strict=True)
    return list(places), torch.stack(points)


def _found(probed: probe.Probed, places: list[int], lent: bool) -> list[Flag]:
    found = []
    bad = probed.misleading.nonzero()[:, 0].tolist()
    if bad:
        worst = max(bad, key=lambda i: float((probed.real[i] - probed.foretold[i]).abs()))
        along = float(probed.foretold[worst]), float(probed.real[worst])
        stray, counts = float(probed.stray[bad].amax()), (len(bad), len(places))
        found.append(flags.misleading_gradient(*along, stray, *counts, lent=lent))
    silent = probed.vanishing.nonzero()[:, 0].tolist()
    if silent:
        share = float(probed.faint[silent].amax())
        found.append(flags.vanishing_gradient(share, len(silent), len(places)))
    lost = probed.saturated.nonzero()[:, 0].tolist()
    if lost:
        images = sorted({places[i] for i in lost})
        found.append(flags.saturated(images, float(probed.margin[lost[0]]), float(probed.rounding[lost[0]])))
    return found


def better_iterates(
    network: Network, points: Tensor, y: Tensor, images: list[int], passes: Passes
) -> list[Flag]:
    """Return a flag where points (N, C, H, W), which fooled the network on the way, clearly do not.

    y: (N,) their labels; images: which those are. A margin that rounding may turn is no contradiction.
    """
    z = gradients.logits(network, points, passes, any_number=True)
    clear = losses.best_margin(z, y) > soundness.SAME * (z.amax(1) - z.amin(1))
    those = [i for i, is_clear in zip(images, clear.tolist(), strict=True) if is_clear]
    return [flags.better_iterate(those)] if those else []
