"""The two-layer experiment in plain sentences, made from its numbers. No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from statistics import median

from malt_core.theory.statistics import DeepSummary, Quantity, Trend, over_seeds, trend
from malt_core.theory.types import (
    DEEP_T,
    DeepRecord,
    Experiment,
    Measured,
    PointRecord,
    SweepPoint,
    T,
    TheoryConfig,
)

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
    of = "the typical point" if len(reached) == len(points) else f"{len(reached)} of {len(points)} points"
    return (
        f"At {of}, a step straight off the data changes the answer after {_percent(share)} of the point's "
        f"own length. {_foretold(reached)}"
    )


def _foretold(points: Sequence[PointRecord]) -> str:
    errors = [abs(point.predicted - point.reached) / point.reached for point in points if point.predicted]
    if not errors:
        return ""
    off = median(errors)
    how = "The straight line foretells it" if off <= CLOSE else "The straight line is a poor guide there"
    return f"{how}: it is off by {_percent(off)}, in the median."


def training_sentence(measured: Measured) -> str:
    """Return how training went."""
    why = {
        "margin": f"until every point was right by a margin of {measured.margin:.2f}",
        "still": "until the loss stood still",
        "steps": "as many as are allowed here",
    }[measured.ended]
    return (
        f"{measured.steps:,} steps of gradient descent, {why}. Right on {_percent(measured.right)} of the "
        f"training points, and on {_percent(measured.right_new)} of new points from the same subspace."
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
        f"{each_off:.2g} off the data and {each_on:.2g} within: training cared for the "
        f"{config.subspace:,} dimension{_s(config.subspace)} of the data and left the other "
        f"{config.codimension:,} "
        + ("as they began." if measured.shrunk == 1 else f"at {_percent(measured.shrunk)} of how they began.")
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
        rows.append((name, "never" if never else _percent(middle), "" if never else f"{root * middle:.2g}"))
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
        f"{_percent(off)} of its length (by {_percent(random)} after a random step as long), and the output "
        f"is {_signed(value)} of what it was at the point; the straight line says {_signed(foretold)}."
    )


def _signed(share: float) -> str:
    share = 0.0 if abs(share) < 0.005 else share
    return f"{share:.0%}".replace("-", "−")


def trend_sentence(what: str, setting: str, found: Trend | None) -> str:
    """Return what happens to a quantity as a setting grows."""
    if found is None:
        return f"Too few values to say how {what} changes with the {setting}."
    if found.verdict == "does not change":
        return f"Beyond chance, {what} does not change with the {setting}."
    return (
        f"As the {setting} grows, {what} {found.verdict}: with the power "
        f"{found.slope:.2f} ± {found.error:.2f} of it.".replace("-", "−")
    )


def drift_trends(experiment: Experiment) -> str:
    """Return how drift changes with dimension and width, and where it is worst."""
    return " ".join(
        trend_sentence("the drift at the boundary", setting, trend(points, drift))
        for setting, points in (
            ("dimension", experiment.swept("dimension")),
            ("width", experiment.swept("width")),
        )
    )


def drift(point: SweepPoint) -> float | None:
    """The drift at the boundary."""
    return point.drift


def length_sentence(experiment: Experiment) -> str:
    """Return how the perturbation shrinks with the dimension, and what the toy in the plane shows."""
    shrinks = trend_sentence(
        "the shortest step over ‖x‖", "dimension", trend(experiment.swept("dimension"), lambda p: p.relative)
    )
    return f"{shrinks} 1/√d would be the power −0.5."


def toy_sentence(experiment: Experiment) -> str:
    """Return what data on a line in the plane show, "" where that was not tried."""
    toys = experiment.swept("toy")
    if not toys:
        return ""
    reached = sum(toy.reached for toy in toys) / len(toys)
    lengths = [toy.relative for toy in toys if toy.relative is not None]
    far = f", and then after {median(lengths):.1f} times the point's own length" if lengths else ""
    return (
        "A drawing of a line in the plane shows the opposite: there, a step off the data changes the answer "
        f"at {_percent(reached)} of the points only{far}. What is true of many dimensions cannot be read off "
        "it."
    )


def cure_sentence(points: Sequence[SweepPoint], setting: str, *, usual: float) -> str:
    """Return what a cure does, from the value `usual`, where it is not applied, to its strongest.

    points: of the sweep of that setting.
    """
    off, far = _by_value(points, lambda p: p.off), _by_value(points, lambda p: p.relative)
    strongest = min(off, default=usual) if setting == "initial scale" else max(off, default=usual)
    if usual not in off or strongest == usual or usual not in far or strongest not in far:
        return ""
    return (
        f"With {setting} {strongest:g} in place of {usual:g}, the gradient off the data goes from "
        f"{off[usual]:.2g} to {off[strongest]:.2g}, and the shortest step off the data that changes the "
        f"answer from {_times(far[usual])} to {_times(far[strongest])} the point's own length."
    )


def _by_value(points: Sequence[SweepPoint], quantity: Quantity) -> dict[float, float]:
    return {one.value: one.mean for one in over_seeds(points, quantity, geometric=True)}


def _times(share: float) -> str:
    return f"{share:.2g} times" if share < 100 else f"{share:,.0f} times"


def lazy_sentence(measured: Measured) -> str:
    """Return how far training went from where it began, and what that means for results on lazy training."""
    moved = (
        f"Training moved the weights within the data's subspace by {_percent(measured.moved)} of their "
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
            f"Only {config.codimension} dimension{_s(config.codimension)} lie off the data: the claims are "
            "about data of far fewer dimensions than the input has."
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


def deep_sentence(found: Sequence[DeepSummary]) -> str:
    """Return how well the straight line foretells deep networks, and how far their gradients drift."""
    straight = [one for one in found if one.accuracy <= CLOSE]
    lowest, highest = (
        min(found, key=lambda one: one.drift_at_boundary),
        max(found, key=lambda one: one.drift_at_boundary),
    )
    more = " So it is not a matter of two layers only." if 2 * len(straight) > len(found) else ""
    return (
        f"On {len(straight)} of {len(found)} deep networks the straight line foretells the distance to the "
        f"nearest class within {_percent(CLOSE)}, in the median over images. The gradient has changed by "
        f"{_percent(lowest.drift_at_boundary)} to {_percent(highest.drift_at_boundary)} of its length at the "
        f"boundary.{more}"
    )


def own_sentence(own: DeepRecord, target: str) -> str:
    """Return what one measurement on a deep network says. target: the name of the class; it is reached."""
    at = DEEP_T.index(1.0)
    return (
        f"The nearest boundary, to {target}, lies {_percent(own.reached / own.length)} of the picture's "
        f"length away; the straight line says {_percent(own.predicted / own.length)}. There the gradient has "
        f"changed by {_percent(own.drift[at])} of its length, after a random step as long by "
        f"{_percent(own.random_drift[at])}."
    )


def _percent(share: float) -> str:
    """Return a share with two digits that mean something."""
    percent = 100 * share
    if 0 < percent < 1:
        return f"{percent:.1g}%"
    return f"{percent:.0f}%" if percent >= 10 or percent == 0 else f"{percent:.1f}%"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
