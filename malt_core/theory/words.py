"""The two-layer experiment in plain sentences, made from its numbers. No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from statistics import median

from malt_core.theory.gradient_plot import dimensions
from malt_core.theory.types import Measured, PointRecord, T, TheoryConfig

LAZY = 0.01  # of the switches of the hidden units that training turned: below that, nearly none
CLOSE = 0.1  # of a distance: a prediction so good is called good
SMALL_CODIMENSION = 10


def headline(measured: Measured) -> str:
    """Return how far a step off the data must go to change the answer, and how well that was foretold."""
    points = measured.points
    if not points:
        return "The network gets none of the training points right, so there is no answer to change."
    reached = [point for point in points if point.reached is not None]
    if not reached:
        return "No step off the data, however long, changes the answer at any of these points."
    share = median(point.reached / point.length for point in reached)
    if len(reached) == len(points):
        where = f"At the typical point, a step straight off the data changes the answer after {length(share)}"
    else:
        where = (
            f"A step straight off the data changes the answer at {len(reached)} of {len(points)} points, in "
            f"the median after {length(share)}"
        )
    return f"{where}. {_foretold(reached)}"


def length(share: float) -> str:
    """Return a length in the point's own length, in words."""
    often = f"{percent(share)} of" if share < 2 else f"{share:,.3g} times"
    return f"{often} the point's own length"


def _foretold(points: Sequence[PointRecord]) -> str:
    errors = [abs(point.predicted - point.reached) / point.reached for point in points if point.predicted]
    if not errors:
        return ""
    off = median(errors)
    how = "The straight line foretells it" if off <= CLOSE else "The straight line is a poor guide there"
    return f"{how}: it is off by {percent(off)}, in the median."


def training_sentence(measured: Measured) -> str:
    """Return how training went."""
    why = {
        "margin": f"until every point was right by a margin of {measured.margin:.2f}",
        "still": "until the loss stood still",
        "steps": "as many as are allowed here",
    }[measured.ended]
    return (
        f"{measured.steps:,} steps of gradient descent, {why}. Right on {percent(measured.right)} of the "
        f"training points, and on {percent(measured.right_new)} of new points from the same subspace."
    )


def gradient_sentence(measured: Measured) -> str:
    """Return how the gradient's two parts compare, in all and for each dimension."""
    if not measured.points:
        return ""
    on, off = median(p.on for p in measured.points), median(p.off for p in measured.points)
    config = measured.config
    each_on, each_off = on / sqrt(config.subspace), off / sqrt(config.codimension)
    compared = _compared(off, on, "off the data", "within it")
    if not on or not off:
        return f"The gradient is {compared}."
    return (
        f"The gradient is {compared}: {off:.2g} against {on:.2g}. For each single dimension it is "
        f"{each_off:.2g} off the data and {each_on:.2g} within. Training moved the weights in the "
        f"{dimensions(config.subspace)} of the data, and left those in the other {config.codimension:,} "
        + ("as they began." if measured.shrunk == 1 else f"at {percent(measured.shrunk)} of what they were.")
    )


def _compared(a: float, b: float, where_a: str, where_b: str) -> str:
    if not a or not b:
        return f"0 {where_b if a else where_a}"
    ratio = a / b
    if 1 / 1.1 < ratio < 1.1:
        return f"about as long {where_a} as {where_b}"
    return f"{max(ratio, 1 / ratio):.1f} times as long {where_a if ratio > 1 else where_b} as " + (
        where_b if ratio > 1 else where_a
    )


def directions(measured: Measured) -> list[tuple[str, str, str]]:
    """Return, for each direction, how far the boundary is: over ||x||, and in ||x|| / sqrt(dimension)."""
    root = sqrt(measured.config.dimension)
    kinds: tuple[tuple[str, Callable[[PointRecord], float | None]], ...] = (
        ("down the whole gradient", lambda point: point.whole),
        ("off the data, down the gradient", lambda point: point.reached),
        ("within the data's subspace, down the gradient", lambda point: point.within),
    )
    rows = []
    for name, length in kinds:
        shares = [
            far / point.length if (far := length(point)) is not None else float("inf")
            for point in measured.points
        ]
        middle = median(shares) if shares else float("inf")
        never = middle == float("inf")
        rows.append((name, "never" if never else percent(middle), "" if never else f"{root * middle:,.2f}"))
    return rows


def drift_sentence(measured: Measured, step: float) -> str:
    """Return how much the gradient has changed after the step, against a random one of the same length.

    step: a length in T.
    """
    place = T.index(round(step, 1))
    off, random = measured.off.drift[place].median, measured.random.drift[place].median
    value = measured.off.value[place].median
    if off is None or random is None or value is None:
        return "No step off the data reaches the boundary, so there is no distance to measure steps in."
    ratios = [p.reached / p.predicted for p in measured.points if p.reached and p.predicted]
    foretold = 1 - step * median(ratios)
    where = "At the boundary" if step == 1 else f"After {step:g} times the distance to the boundary"
    return (
        f"{where}, the gradient has changed by "
        f"{percent(off)} of its length (by {percent(random)} after a random step as long), and the output "
        f"is {_signed(value)} of what it was at the point; the straight line says {_signed(foretold)}."
    )


def _signed(share: float) -> str:
    share = 0.0 if abs(share) < 0.005 else share
    return f"{share:.0%}".replace("-", "−")


def lazy_sentence(measured: Measured) -> str:
    """Return how far training went from where it began, and what that means for results on lazy training."""
    moved = (
        f"Training moved the weights within the data's subspace by {percent(measured.moved)} of their "
        f"length and turned {measured.switched:.1%} of the switches (a hidden unit at a training point, on "
        "or off)."
    )
    if measured.switched < LAZY:
        return f"{moved} That is nearly lazy: results for lazy training come close to this network."
    return (
        f"{moved} That is not lazy: a result for lazy training, or for random weights, is not one about this "
        "network."
    )


def departures(config: TheoryConfig) -> list[str]:
    """Return where these settings leave what the papers assume, as sentences."""
    said = []
    if config.data == "digits":
        said.append(
            f"Digits do not lie on a subspace: their first {config.subspace} principal components put them "
            "on one, and what is left of them is thrown away."
        )
    if config.dimension <= 3:
        said.append("In so few dimensions, nothing of what is claimed for many need hold.")
    elif config.codimension < SMALL_CODIMENSION:
        said.append(
            f"Off the data there is room of {dimensions(config.codimension)} only: the claims are about data "
            "of far fewer dimensions than the input has."
        )
    if config.width < config.dimension:
        said.append(
            f"The network is narrower ({config.width:,}) than the input ({config.dimension:,}): for ReLU, "
            "the result on random networks quoted here is about wider ones."
        )
    if config.decay:
        said.append(
            "With weight decay, the paper promises more robustness off the data, not less. Training then "
            "goes on until the loss stands still."
        )
    if config.scale < 1:
        said.append(
            "With smaller initial weights, the paper promises more robustness off the data, not less."
        )
    return said


def percent(share: float) -> str:
    """Return a share with as many digits as mean something."""
    percent = 100 * share
    if 0 < percent < 1:
        return f"{percent:.2g}%"
    return f"{percent:,.0f}%" if percent >= 10 or percent == 0 else f"{percent:.1f}%"


def about(config: TheoryConfig) -> str:
    """Return what an experiment is of, to stand below its figures."""
    points = "random points" if config.data == "synthetic" else "handwritten digits (scikit-learn)"
    return (
        f"A two-layer network of {config.width:,} hidden units, trained on {config.points:,} {points} that "
        f"fill {config.subspace:,} of {config.dimension:,} dimensions; initial scale {config.scale:g}, "
        f"weight decay {config.decay:g}, seed {config.seed}."
    )
