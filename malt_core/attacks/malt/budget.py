"""How many APGD steps each target of an image is given: as published, or spent where they pay.

A budget is a generator, one for each image. It yields rounds of tries, (target, steps), and is sent what is
left of the image's margin: the smallest that any of its tries has reached, as a share of the margin at the
start (1 where the attack began, 0 at success). Success ends it from outside.

Along an attack the margin falls almost in a straight line, so a few steps tell nearly all that a hundred
would: on a robust and on a standard network, whatever fell at all had at most a tenth of its margin left
after ten steps towards the nearest class. The frugal budget therefore begins with one short try, `probe`;
images that it brings close are ranked further and get `press`, ever longer runs for ever fewer of them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from malt_core.attacks.types import AttackConfig

Try = tuple[int, int]
Rounds = Generator[list[Try], float, None]

PROBE_CANDIDATES = 10  # classes that are ranked for the probe
PROBE_STEPS = 10
HOPEFUL = 0.4  # what may be left after the probe for an image to be pressed on
# Then round by round: what may be left to begin it, how many of the nearest targets, steps for each. Of 36
# images of three networks that got as far as 100 steps, none came closer by any target but the nearest.
PRESS = ((HOPEFUL, 4, 10), (0.2, 3, 30), (0.06, 3, 100), (0.02, 9, 100))


def rounds_of(config: AttackConfig, targets: Sequence[int]) -> Rounds:
    """Return the budget of an attack on one image whose targets are ranked in full."""
    one_round = config.faithful or config.target is not None
    return (published if one_round else frugal)(targets, config.n_iter)


def most_rounds(config: AttackConfig) -> int:
    """Return how many rounds `rounds_of` has at most."""
    return 1 if config.faithful or config.target is not None else 1 + len(PRESS)


def published(targets: Sequence[int], n_iter: int) -> Rounds:
    """Every target in turn with all its steps (arXiv 2407.02240, algorithm 1)."""
    yield [(target, n_iter) for target in targets]


def probe(targets: Sequence[int], n_iter: int) -> Rounds:
    """The nearest target, briefly."""
    yield [(target, min(PROBE_STEPS, n_iter)) for target in targets[:1]]


def frugal(targets: Sequence[int], n_iter: int) -> Rounds:
    """`probe`, then `press`, for an image whose targets are known in full."""
    (tries,) = probe(targets, n_iter)
    left = yield tries
    yield from press(targets, n_iter, targets[0], left)


def press(targets: Sequence[int], n_iter: int, tried: int, left: float) -> Rounds:
    """Ever longer runs for as long as the image comes ever closer.

    tried: the target of the probe; left: what the probe left of the margin.
    """
    done = {tried: PROBE_STEPS}
    for hopeful, count, steps in PRESS:
        if left > hopeful:
            return
        steps = min(steps, n_iter)
        tries = [(target, steps) for target in targets[:count] if done.get(target, 0) < steps]
        done.update(tries)
        if tries:
            left = yield tries
