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
from malt_core.attacks.malt.budget import Rounds, one_round
from malt_core.attacks.types import AttackConfig, Look, RankedTarget, Step, TargetDone, look_away
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator
from malt_core.trust import eot

COPIES = 10  # of an image of up to 64 x 64 pixels
PATIENCE = 20  # further steps granted to an image that fools, until it fools when rounded to 8 bits as well


def copies_of(x0: Tensor) -> int:
    """Return how many copies of the image x0 (1, C, H, W) are worth a pass together."""
    return gradients.worth_a_pass(x0, COPIES)


@dataclass(frozen=True)
class Goal:
    """What an attack on an image with label y (1,) is after.

    aim: (1,), the class that the model is to answer with; None for any but the label. shared: as
    losses.shared_logits returns it.
    """

    y: Tensor
    aim: Tensor | None
    shared: losses.SharedLogits | None

    def won(self, z: Tensor) -> bool:
        """Return whether logits z (1, K) are what the attack is after."""
        answer = z.argmax(1)
        return bool(answer != self.y) if self.aim is None else bool(answer == self.aim)

    def margin(self, z: Tensor) -> float:
        """Return how far logits z (1, K) are from that: below 0 there."""
        if self.aim is None:
            return float(losses.best_margin(z, self.y, self.shared))
        rival = losses.others(z, self.aim, self.shared).argmax(1)
        return float(losses.margin_to(z, rival, self.aim))


@dataclass
class Best:
    """The best image so far: one that wins when saved beats one that wins, beats one that fools (all wins do,
    not all that fool win where there is an aim), beats the smallest margin.
    """

    x: Tensor
    target: RankedTarget | None = None
    steps: int = 0
    margin: float = float("inf")
    answer: int = -1
    fools: bool = False
    won: bool = False
    survives: bool = False

    def beats(self, other: Best) -> bool:
        """Return whether this is better; of equals, the earlier one stays."""
        return self._worth() > other._worth()

    def _worth(self) -> tuple[bool, bool, bool, float]:
        return self.survives, self.won, self.fools, -self.margin


@dataclass
class _Run:
    """One run of APGD. order, round, most: as in its steps.

    m0, g0: the margin to its class at x0, (), and the gradient, (C, H, W). events: what is still to be told
    of it; won_at: its first step at the goal.
    """

    target: RankedTarget
    order: int
    round: int
    most: int
    m0: Tensor
    g0: Tensor
    best: Best
    events: list[Step | TargetDone] = field(default_factory=list)
    won_at: int | None = None
    over: bool = False


def _unfinished(untold: Iterable[tuple[int, _Run]]) -> list[int]:
    """Return the numbers of runs that go on: none after one that ended in success."""
    numbers = []
    for number, run in untold:
        if not run.over:
            numbers.append(number)
        elif run.best.won:
            break
    return numbers


class ConcurrentTargets:
    """The search for an adversarial image among the targets of x0 (1, C, H, W) with logits z0 (1, K).

    best: the best image of all runs that were told so far; left: the smallest margin of any, as a share of
    that of x0. slopes: of the margins to some classes at x0, what is known: the margin, (), and its gradient,
    (C, H, W). look: is shown the points of the run that is told; of others that share its passes, only those
    after it.
    """

    def __init__(
        self,
        model: Network,
        x0: Tensor,
        z0: Tensor,
        goal: Goal,
        config: AttackConfig,
        passes: Passes,
        look: Look = look_away,
    ) -> None:
        self.look = look
        self.model, self.x0, self.z0, self.goal = model, x0, z0, goal
        self.config, self.passes = config, passes
        self.frugal = not one_round(config)
        # Below 1/255 no 8-bit image but the original is in the ball, so there is nothing to wait for.
        self.eight_bit = config.eight_bit and config.epsilon.fits_eight_bits
        self.margin0 = goal.margin(z0)
        self.best = Best(x0)
        self.left = 1.0
        self.asked = self.zero = self.broken = 0
        self.averages = eot.averages(model)  # other draws may say otherwise
        self.slopes: dict[int, tuple[Tensor, Tensor]] = {}

    def share(self, margin: float) -> float:
        """Return a margin as a share of that of x0; where that is 0 already, none is left."""
        return margin / self.margin0 if self.margin0 else 0.0

    def attack(self, targets: Sequence[RankedTarget], rounds: Rounds) -> Iterator[Step | TargetDone]:
        """Run APGD towards targets as the budget says, stop when one fools (and survives), keep the best.

        targets: those that `rounds` speaks of, in their order. The very first run goes alone, since it mostly
        suffices; others of a round go together, as many as are worth it.
        """
        places = {target.index: (order, target) for order, target in enumerate(targets, start=1)}
        number, width, left = 0, 1, None
        while not self.best.won:
            try:
                tries = rounds.send(left)
            except StopIteration:
                return
            number, begun = number + 1, 0
            while begun < len(tries) and not self.best.won:
                group = [(*places[target], steps) for target, steps in tries[begun : begun + width]]
                yield from self._attack_together(group, number)
                begun, width = begun + len(group), copies_of(self.x0)
            left = self.left

    def _attack_together(
        self, group: Sequence[tuple[int, RankedTarget, int]], number: int
    ) -> Iterator[Step | TargetDone]:
        """Yield what happens to each of the group, (order, target, steps), in turn. number: of the round."""
        config, n = self.config, len(group)
        x0, y = self.x0.expand(n, -1, -1, -1), self.goal.y.expand(n)
        t = y.new_tensor([target.index for _, target, _ in group])
        m0, g0 = self._slopes(t.tolist())
        runs = [
            _Run(target, order, number, most, m0[i], g0[i], Best(self.x0))
            for i, (order, target, most) in enumerate(group)
        ]
        places = torch.arange(n, device=y.device)
        most = y.new_tensor([run.most for run in runs])
        ball = {"norm": config.norm, "eps": config.eps}
        # With the frugal budget the first step goes along the gradient that the order of attack is due to.
        informed = self.frugal and config.targeting == "malt" and number == 1
        if informed:
            loss = losses.targeted_loss(self.z0.expand(n, -1), y, t, self.goal.shared)
            rows = apgd.begin_informed(places, x0, y, t, apgd.Known(m0, g0, loss), **ball, n_iter=most)
            self.look(self.x0[0])
            for run in runs:
                self._note(run, 0, self.x0, self.z0, hopeless=False)
        else:
            sources = [row_generator(config.seed, 0, run.target.index) for run in runs]
            start = norms.random_start(x0, **ball, generators=sources)
            rows = apgd.begin(places, x0, y, t, start, eps=config.eps, n_iter=most)
        untold, step = deque(enumerate(runs)), int(informed)
        while untold:
            x, z = apgd.visit(
                self.model,
                rows,
                **ball,
                passes=self.passes,
                shared=self.goal.shared,
                aimed=self.goal.aim is not None,
                watch=self.frugal,
            )
            hopeless = rows.hopeless.tolist()
            gradients.check_finite(z)
            self.asked += len(rows)
            self.zero += int((rows.slope == 0).sum())
            self.broken += int((~rows.slope.isfinite()).sum())
            for row, i in enumerate(rows.image.tolist()):
                self._note(runs[i], step, x[row, None], z[row, None], hopeless=hopeless[row])
                if i == untold[0][0]:
                    self.look(x[row])
            yield from self._tell(untold)
            unfinished = _unfinished(untold)
            if len(unfinished) < len(rows):
                rows = rows.select(torch.isin(rows.image, y.new_tensor(unfinished)))
            step += 1

    def _tell(self, untold: deque[tuple[int, _Run]]) -> Iterator[Step | TargetDone]:
        """Yield what is known of the first run, and of those after it once it is over without success."""
        while untold:
            _, first = untold[0]
            yield from first.events
            first.events.clear()
            if not first.over:
                return
            untold.popleft()
            self.left = min(self.left, self.share(first.best.margin))
            if first.best.beats(self.best):
                self.best = first.best
            if first.best.won:
                untold.clear()

    def know(self, gradients_to: dict[int, Tensor]) -> None:
        """Take note of the gradients (C, H, W) at x0 of the margins to some classes."""
        z, y = self.z0[0], int(self.goal.y)
        self.slopes |= {
            index: (z[y] - z[index], gradients.finite_or_zero(gradient, self.x0[0]))
            for index, gradient in gradients_to.items()
        }

    def _slopes(self, targets: list[int]) -> tuple[Tensor, Tensor]:
        """Return the margins at x0 to some classes, (n,), and their gradients, (n, C, H, W)."""
        unknown = [target for target in targets if target not in self.slopes]
        if unknown:
            x0, y = self.x0.expand(len(unknown), -1, -1, -1), self.goal.y.expand(len(unknown))
            found = gradients.margin_and_gradient(self.model, x0, y, y.new_tensor(unknown), self.passes)
            self.slopes |= dict(zip(unknown, zip(*found, strict=True), strict=True))
        margins, slopes = zip(*(self.slopes[target] for target in targets), strict=True)
        return torch.stack(margins), torch.stack(slopes)

    def _note(self, run: _Run, step: int, x: Tensor, z: Tensor, *, hopeless: bool) -> None:
        """Put down that a run has visited x (1, C, H, W), with logits z (1, K).

        hopeless: whether it has nothing left to hope for, in which case it goes no further.
        """
        y, index = self.goal.y, run.target.index
        if self.averages and self.goal.won(z):
            z = gradients.logits(self.model, x, self.passes)
        run.events.append(
            Step(
                target=index,
                order=run.order,
                round=run.round,
                step=step,
                most=run.most,
                true_margin=float(losses.margin_to(z, y, torch.full_like(y, index))),
                linear_margin=float(run.m0 + (run.g0 * (x - self.x0)).sum()),
                best_margin=float(losses.best_margin(z, y, self.goal.shared)),
            )
        )
        answer, won, survives = z.argmax(1), self.goal.won(z), False
        if won and self.eight_bit:
            rounded = norms.eight_bit_image(x, self.x0, self.config.norm, self.config.eps)
            survives = self.goal.won(gradients.logits(self.model, rounded, self.passes))
            x = rounded if survives else x
        fools = bool(answer != y)
        found = Best(x, run.target, step, self.goal.margin(z), int(answer), fools, won, survives)
        if found.beats(run.best):
            run.best = found
        if won and run.won_at is None:
            run.won_at = step
        if run.won_at is None:
            run.over = step >= run.most or hopeless
        else:
            patient = self.eight_bit and not survives and step < run.won_at + PATIENCE
            run.over = not patient or step >= max(run.most, self.config.n_iter)
        if run.over:
            run.events.append(
                TargetDone(
                    target=index,
                    order=run.order,
                    round=run.round,
                    steps=step,
                    fooled=run.best.fools,
                    reached=run.best.answer == index,
                )
            )
