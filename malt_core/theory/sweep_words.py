"""What changes with a setting, and what deep networks do, in plain sentences made from numbers. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from malt_core.theory.statistics import DeepSummary, Quantity, Trend, over_seeds, trend
from malt_core.theory.types import DEEP_T, DeepRecord, Experiment, SweepPoint
from malt_core.theory.words import CLOSE, length, percent

OFTEN = 0.9  # of the points: then a step off the data nearly always changes the answer


def trend_sentence(what: str, setting: str, found: Trend | None) -> str:
    """Return what happens to a quantity as a setting grows."""
    if found is None:
        return f"Too few values to say how {what} changes with the {setting}."
    if found.verdict == "does not change":
        return f"Beyond chance, {what} does not change with the {setting}."
    return (
        f"As the {setting} grows, {what} {found.verdict} like its power {found.slope:.2f} (standard error "
        f"{found.error:.2f}).".replace("-", "−")
    )


def drift_trends(experiment: Experiment) -> str:
    """Return how the drift changes with dimension and width."""
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
    """Return how the shortest step shrinks with the dimension."""
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
    far = f", in the median after {length(median(lengths))}" if lengths else ""
    found = f"a step off the data changes the answer at {percent(reached)} of the points{far}."
    if reached > OFTEN and lengths and median(lengths) < 1:
        return f"On a line in the plane, as one can draw it, {found}"
    return (
        f"A drawing of a line in the plane shows the opposite: there, {found} What is true of many "
        "dimensions cannot be read off it."
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
        f"nearest class within {percent(CLOSE)}, in the median over images. The gradient has changed by "
        f"{percent(lowest.drift_at_boundary)} to {percent(highest.drift_at_boundary)} of its length at the "
        f"boundary.{more}"
    )


def own_sentence(own: DeepRecord, target: str) -> str:
    """Return what one measurement on a deep network says. target: the name of the class; it is reached."""
    at = DEEP_T.index(1.0)
    return (
        f"The nearest boundary, to {target}, lies {percent(own.reached / own.length)} of the picture's "
        f"length away; the straight line says {percent(own.predicted / own.length)}. There the gradient has "
        f"changed by {percent(own.drift[at])} of its length, after a random step as long by "
        f"{percent(own.random_drift[at])}."
    )
