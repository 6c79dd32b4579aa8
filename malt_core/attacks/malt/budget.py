"""How many APGD steps each target of an image is given: as published, or spent where they pay.

A budget is a generator, one for each image. It yields rounds of tries, (target, steps), and is sent what is
left of the image's margin: the smallest that any of its tries has reached, as a share of the margin at the
start (1 where the attack began, 0 at success). Success ends it from outside.

Along an attack the margin falls almost in a straight line, so a few steps tell nearly all that a hundred
would. With the frugal budget a try ends as soon as its gradient says that nothing is left to hope for
(apgd.Rows.hopeless), mostly after two to six steps; the numbers below are the most that it may take. It
begins with one try, `probe`, towards the nearest class. Of images that come close, the other classes within
reach get one too, `press`; the closest get longer runs, `finish`.

What was tried, on images whose eps is set to where each just falls or just not: benchmarks/near_misses.py.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence

from malt_core.attacks.types import AttackConfig

Try = tuple[int, int]
Rounds = Generator[list[Try], float, None]

REACH = 1.3  # a class that is predicted further off than so many times eps is not worth a try
PROBE_STEPS = 20
HOPEFUL = 0.3  # what may be left after the probe for other targets to be tried
PRESSED = 8  # how many others at the most
CLOSE = 0.06  # what may be left then for an image to be finished
FINISH = ((3, 30), (1, 100))  # how many of the nearest targets, and steps for each, in turn


def rounds_of(config: AttackConfig, targets: Sequence[int], near: int) -> Rounds:
    """Return the budget of an attack on one image. near: as for `frugal`."""
    if one_round(config):
        return published(targets, config.n_iter)
    return frugal(targets, config.n_iter, near, hopeful(config))


def one_round(config: AttackConfig) -> bool:
    """Return whether every target gets all its steps, without a look at how it does."""
    return config.faithful or config.target is not None


def hopeful(config: AttackConfig) -> float:
    """Return what may be left after the probe for other targets to be tried: anything, if none is nearest."""
    return HOPEFUL if config.targeting == "malt" else math.inf


def most_rounds(config: AttackConfig) -> int:
    """Return how many rounds `rounds_of` has at most."""
    return 1 if one_round(config) else 2 + len(FINISH)


def published(targets: Sequence[int], n_iter: int) -> Rounds:
    """Every target in turn with all its steps (arXiv 2407.02240, algorithm 1)."""
    yield [(target, n_iter) for target in targets]


def frugal(targets: Sequence[int], n_iter: int, near: int, hopeful: float = HOPEFUL) -> Rounds:
    """`probe`, `press` and `finish`. near: how many of the targets are predicted to be within reach."""
    left = yield from probe(targets, n_iter)
    if left <= hopeful:
        left = yield from press(targets[:near], n_iter, left)
    if left <= CLOSE:
        yield from finish(targets, n_iter)


def probe(targets: Sequence[int], n_iter: int) -> Generator[list[Try], float, float]:
    """The nearest target, briefly. Returns what is left, as the others do."""
    return (yield [(target, min(PROBE_STEPS, n_iter)) for target in targets[:1]])


def press(targets: Sequence[int], n_iter: int, left: float) -> Generator[list[Try], float, float]:
    """The others that are within reach, briefly. left: what the probe left."""
    tries = [(target, min(PROBE_STEPS, n_iter)) for target in targets[1 : 1 + PRESSED]]
    return (yield tries) if tries else left


def finish(targets: Sequence[int], n_iter: int) -> Rounds:
    """Longer runs of the nearest targets."""
    for count, steps in FINISH:
        yield [(target, min(steps, n_iter)) for target in targets[:count]]
