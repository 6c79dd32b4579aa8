"""Copies of one image, each on its way to another class: what takes one after the other less time together.

A pass over several copies of a small image takes little longer than one over the image alone. The targets
of an image are independent of each other, so their runs of APGD can share passes, and still be told in the
order of attack, as if each had begun when the one before it had failed (arXiv 2407.02240, algorithm 1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from malt_core.attacks import apgd
from malt_core.attacks.types import AttackConfig, RankedTarget, Step, TargetDone
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator

COPIES = 10  # of an image of up to 64 x 64 pixels; larger ones fill a processor alone
PATIENCE = 20  # further steps granted to an image that fools, until it fools when rounded to 8 bits as well


def copies_of(x0: Tensor) -> int:
    """Return how many copies of the image x0 (1, C, H, W) are worth a pass together."""
    return max(1, min(COPIES, COPIES * 64 * 64 // (x0.shape[2] * x0.shape[3])))


@dataclass
class Best:
    """The best image so far: one that fools when saved beats one that fools, beats the smallest margin."""

    x: Tensor
    target: RankedTarget | None = None
    steps: int = 0
    margin: float = float("inf")
    fools: bool = False
    survives: bool = False

    def beats(self, other: Best) -> bool:
        """Return whether this is better; of equals, the earlier one stays."""
        return (self.survives, self.fools, -self.margin) > (other.survives, other.fools, -other.margin)


@dataclass
class _Run:
    """One run of APGD. m0, g0: the margin to its class at x0, (), and the gradient, (C, H, W).

    events: what is still to be told of it; fooled_at: its first step that fooled the model.
    """

    target: RankedTarget
    order: int
    m0: Tensor
    g0: Tensor
    best: Best
    events: list[Step | TargetDone] = field(default_factory=list)
    fooled_at: int | None = None
    over: bool = False


def _unfinished(untold: Iterable[_Run], order: int) -> list[int]:
    """Return the places, from 0 for `order`, of runs that go on: none after one that ended in success."""
    places = []
    for run in untold:
        if not run.over:
            places.append(run.order - order)
        elif run.best.fools:
            break
    return places


class ConcurrentTargets:
    """The search for an adversarial image among the targets of x0 (1, C, H, W) with label y (1,).

    best: the best image of all runs that were told so far. shared: as losses.shared_logits returns it.
    """

    def __init__(
        self,
        model: Network,
        x0: Tensor,
        y: Tensor,
        config: AttackConfig,
        passes: Passes,
        shared: losses.SharedLogits | None = None,
    ) -> None:
        self.shared = shared
        self.model, self.x0, self.y, self.config, self.passes = model, x0, y, config, passes
        # Below 1/255 no 8-bit image but the original is in the ball, so there is nothing to wait for.
        self.eight_bit = config.eight_bit and config.eps > 0.999 / 255
        self.best = Best(x0)

    def attack(self, targets: Sequence[RankedTarget]) -> Iterator[Step | TargetDone]:
        """Run APGD towards the targets in their order, stop when one fools (and survives), keep the best.

        The first goes alone, since it mostly suffices; the others go together, as many as are worth it.
        """
        begun, width = 0, 1
        while begun < len(targets) and not self.best.fools:
            group = targets[begun : begun + width]
            yield from self._attack_together(group, begun + 1)
            begun, width = begun + len(group), copies_of(self.x0)

    def _attack_together(self, group: Sequence[RankedTarget], order: int) -> Iterator[Step | TargetDone]:
        """Yield what happens to each target of the group in turn. order: that of the first one."""
        config, n = self.config, len(group)
        x0, y = self.x0.expand(n, -1, -1, -1), self.y.expand(n)
        t = y.new_tensor([target.index for target in group])
        m0, g0 = gradients.margin_and_gradient(self.model, x0, y, t, self.passes)
        runs = [_Run(target, order + i, m0[i], g0[i], Best(self.x0)) for i, target in enumerate(group)]
        sources = [row_generator(config.seed, 0, target.index) for target in group]
        start = norms.random_start(x0, config.norm, config.eps, sources)
        places = torch.arange(n, device=y.device)
        rows = apgd.begin(places, x0, y, t, start, eps=config.eps, n_iter=config.n_iter)
        untold, step = deque(runs), 0
        while untold:
            x, z = apgd.visit(
                self.model,
                rows,
                norm=config.norm,
                eps=config.eps,
                passes=self.passes,
                shared=self.shared,
            )
            gradients.check_finite(z)
            for row, i in enumerate(rows.image.tolist()):
                self._note(runs[i], step, x[row, None], z[row, None])
            yield from self._tell(untold)
            unfinished = _unfinished(untold, order)
            if len(unfinished) < len(rows):
                rows = rows.select(torch.isin(rows.image, y.new_tensor(unfinished)))
            step += 1

    def _tell(self, untold: deque[_Run]) -> Iterator[Step | TargetDone]:
        """Yield what is known of the first run, and of those after it once it is over without success."""
        while untold:
            first = untold[0]
            yield from first.events
            first.events.clear()
            if not first.over:
                return
            untold.popleft()
            if first.best.beats(self.best):
                self.best = first.best
            if first.best.fools:
                untold.clear()

    def _note(self, run: _Run, step: int, x: Tensor, z: Tensor) -> None:
        """Put down that a run has visited x (1, C, H, W), with logits z (1, K)."""
        t, margin = (
            torch.full_like(self.y, run.target.index),
            float(losses.best_margin(z, self.y, self.shared)),
        )
        run.events.append(
            Step(
                target=run.target.index,
                order=run.order,
                step=step,
                true_margin=float(losses.margin_to(z, self.y, t)),
                linear_margin=float(run.m0 + (run.g0 * (x - self.x0)).sum()),
                best_margin=margin,
            )
        )
        fools, survives = bool(z.argmax(1) != self.y), False
        if fools and self.eight_bit:
            rounded = norms.eight_bit_image(x, self.x0, self.config.norm, self.config.eps)
            survives = bool(gradients.logits(self.model, rounded, self.passes).argmax(1) != self.y)
            x = rounded if survives else x
        found = Best(x, run.target, step, margin, fools, survives)
        if found.beats(run.best):
            run.best = found
        if fools and run.fooled_at is None:
            run.fooled_at = step
        waited = run.fooled_at is not None and (
            survives or not self.eight_bit or step >= run.fooled_at + PATIENCE
        )
        if waited or step == self.config.n_iter:
            run.over = True
            run.events.append(
                TargetDone(
                    target=run.target.index, order=run.order, steps=step, fooled=run.fooled_at is not None
                )
            )
