"""The smallest ball around an image in which a goal is met: APGD in ball after ball, by bisection.

A try is one run of APGD (Croce & Hein 2020, arXiv 2003.01690) in a ball, from where the last try came
closest, brought to the new radius. What a try reaches is drawn back towards the original until it only just
meets the goal. A try that fails tells by how much: along an attack the margin falls almost in a straight
line, so that line says which radius to try next (a secant), and few tries are needed. Where the boundary
turns out much further away than foretold, the way may have led into a dead end: another one, from a random
start, is tried as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from malt_core.attacks import apgd
from malt_core.explanations.one_image import OneImage
from malt_core.explanations.types import Search
from malt_core.numerics import gradients, norms
from malt_core.numerics.random import row_generator
from malt_core.types import Norm

TOLERANCE = 0.01  # the search ends where a ball smaller by this share could not be reached
STEPS = 24  # of APGD in one ball
PATIENCE = 8  # steps without a gain after which a ball is given up
GAIN = 2e-3  # of the margin at the start: what counts as a gain
HALVINGS = 5  # of the last stretch, when a point is drawn back
TRIES, TRIES_AGAIN = 24, 8  # balls at most
DOUBTFUL = (
    1.15  # what is found so many times further than the line foretold is looked for by another way, too,
)
AGAIN = 0.85  # in a ball smaller by this factor first

Margin = Callable[[Tensor], float]
"""From logits (1, K) to how much is missing, in logits: the goal is met at 0 and below."""


class RadiusSearch:
    """The search for one target class of one image.

    gradient: (1, C, H, W), of the margin to the class at the image, later on where a try came closest;
    margin: see Margin.

    Afterwards: radius, the smallest that was reached, inf for none; x (1, C, H, W) the point there, None for
    none; z its logits (1, K); steps, what was spent.
    """

    def __init__(self, image: OneImage, target: int, gradient: Tensor, margin: Margin, *, seed: int) -> None:
        self.image, self.target, self.margin, self.seed = image, target, margin, seed
        self.gradient = gradient
        self.radius, self.x, self.z, self.steps = math.inf, None, None, 0
        self.start_margin = margin(image.z0)
        self.closest: Tensor | None = None  # of the last try
        self.anew = False  # whether it goes by another way now, from a random start

    def run(self, guess: float, most: float, *, doubt: bool = True) -> Iterator[Search]:
        """Search up to the radius `most`, which is over 0, beginning at the guess; yield each point.

        doubt: look by another way, too, where what is found is much further away than the guess.
        """
        if self.start_margin <= 0:
            self.radius, self.x, self.z = 0.0, self.image.x0, self.image.z0
            return
        known = 0 < guess < most
        yield from self._bisect(guess * (1 + TOLERANCE / 2) if known else most, most, TRIES)
        if doubt and known and self.radius > DOUBTFUL * guess:
            self.closest, self.anew = None, True
            yield from self._bisect(max(guess, AGAIN * min(self.radius, most)), most, TRIES_AGAIN)

    def _bisect(self, radius: float, most: float, tries: int) -> Iterator[Search]:
        """Try ball after ball, this one first, until one just below what was reached has failed."""
        failed, left = 0.0, self.start_margin  # the largest ball without success, and what it left
        confirmed = 0  # tries in a row that succeeded
        for _ in range(tries):
            best = yield from self._try(radius)
            if best <= 0:
                yield from self._draw_back(failed)
                confirmed += 1
            else:
                failed, left, confirmed = radius, best, 0
            if failed >= most or failed >= self.radius * (1 - 1.001 * TOLERANCE):
                return
            fallen = self.start_margin - left
            straight = failed * self.start_margin / fallen if fallen > 0 else math.inf
            if self.radius == math.inf:
                radius = min(max(straight * (1 + TOLERANCE / 2), failed * 1.05), failed * 3, most)
            else:
                radius = self._between(failed, straight, confirmed)

    def _between(self, failed: float, straight: float, confirmed: int) -> float:
        """Return the next radius below what was reached.

        failed: the largest ball without success; straight: where a straight line through what it left expects
        the boundary; confirmed: how many tries in a row have succeeded.
        """
        just_below = self.radius * (1 - TOLERANCE)
        if confirmed <= 1 and failed and straight < just_below:
            return max(straight * (1 + TOLERANCE / 2), failed + 0.1 * (self.radius - failed))
        bolder = self.radius * (1 - TOLERANCE * 4 ** max(0, confirmed - 1))
        return min(just_below, max(bolder, (failed + self.radius) / 2))

    def _try(self, radius: float) -> Iterator[Search]:
        """Run APGD in the ball until the goal is met; return the smallest margin. The point is `closest`."""
        image, place = self.image, torch.zeros_like(self.image.y)
        target = torch.full_like(place, self.target)
        rows = apgd.begin(place, image.x0, image.y, target, self._start(radius), eps=radius, n_iter=STEPS)
        best, gained = math.inf, 0
        for step in range(STEPS + 1):
            x, z = apgd.visit(
                image.model, rows, norm=image.norm, eps=radius, passes=image.passes, shared=image.shared
            )
            gradients.check_finite(z)
            self.steps += step > 0
            margin = self.margin(z)
            if margin < best - GAIN * self.start_margin:
                gained = step
            if margin < best:
                best, self.closest, z_best = margin, x, z
                if rows.gradient_best.any():
                    self.gradient = -rows.gradient_best
            yield Search(target=self.target, radius=radius, nearest=self.radius, steps=self.steps)
            if best <= 0:
                self._note(self.closest, z_best)
                break
            if step - gained >= PATIENCE:
                break
        return best

    def _start(self, radius: float) -> Tensor:
        """Return where to begin in a ball.

        In linf where the last try came closest, brought to this radius; at first, and in l2, the best point
        of the ball by the gradient there; at random where there is none, or where another way is looked for.
        """
        image = self.image
        if self.closest is not None and image.norm == "linf":
            delta = self.closest - image.x0
            length = float(norms.size(delta, image.norm))
            return (image.x0 + delta * (radius / max(length, 1e-12))).clamp(0.0, 1.0)
        if not self.gradient.any() or (self.anew and self.closest is None):
            source = row_generator(self.seed, 0, self.target)
            return norms.random_start(image.x0, image.norm, radius, [source])
        return _farthest(image.x0, -norms.steepest(self.gradient, image.norm), image.norm, radius)

    def _draw_back(self, failed: float) -> Iterator[Search]:
        """Draw the point that was reached back towards the original, as long as it meets the goal."""
        x0, delta, length = self.image.x0, self.x - self.image.x0, self.radius
        low, high = min(failed / length, 1.0), 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            x = x0 + middle * delta
            z = gradients.logits(self.image.model, x, self.image.passes)
            if self.margin(z) <= 0:
                high = middle
                self._note(x, z)
            else:
                low = middle
            yield Search(target=self.target, radius=length, nearest=self.radius, steps=self.steps)

    def _note(self, x: Tensor, z: Tensor) -> None:
        """Put down a point that meets the goal, if it is the nearest so far."""
        radius = float(norms.size(x - self.image.x0, self.image.norm))
        if radius < self.radius:
            self.radius, self.x, self.z, self.closest = radius, x, z, x


def _farthest(x0: Tensor, direction: Tensor, norm: Norm, radius: float) -> Tensor:
    """Return the point of the ball, cut off at [0, 1], that a linear function puts farthest down.

    direction: against its gradient, of length 1. In l2, what the edges of [0, 1] cut off is spent on the
    colours
    that have room: clip(x0 + t direction), with t so that its length is the radius.
    """
    low, high = radius, radius
    if norm == "l2":
        for _ in range(30):
            if float(norms.size((x0 + high * direction).clamp(0.0, 1.0) - x0, norm)) >= radius:
                break
            low, high = high, 2 * high
        for _ in range(20):
            middle = (low + high) / 2
            short = float(norms.size((x0 + middle * direction).clamp(0.0, 1.0) - x0, norm)) < radius
            low, high = (middle, high) if short else (low, middle)
    return (x0 + low * direction).clamp(0.0, 1.0)
