"""How near a failed attack came, and which ε to try next. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from malt_core.attack_run.record import RankedClass, RunRecord
from malt_core.epsilon import Epsilon
from malt_core.formatting import length
from malt_core.models.providers.uploaded import START
from malt_core.trust.words import MEANING
from malt_core.types import NamedClass, Norm

LARGEST: dict[Norm, float] = {"linf": 1.0, "l2": 100.0}
SLACK = 1e-6  # of a step: what float arithmetic adds to a whole number


@dataclass(frozen=True, kw_only=True)
class NearMiss:
    """What is known of an attack that did not get where it was to go.

    left: the share of the margin that the closest try has left, 1 none gone, 0 the boundary. target: the
    class that the closest try aimed at. nearest: the class whose boundary the straight line puts nearest, or
    the aim, if there was one; None where no class has a slope to follow. next_eps: the smallest radius worth
    a try after this one, None where there is none.
    """

    left: float
    target: NamedClass
    nearest: RankedClass | None
    next_eps: Epsilon | None


def near_miss(record: RunRecord) -> NearMiss | None:
    """Return how near the attack came; None where it succeeded, or where nothing was attacked.

    With an aim, all but reaching it is a failure.
    """
    got_there = record.success if record.aim is None else record.reached
    if record.target is None or record.margin_left is None or got_there:
        return None
    known = [
        ranked
        for ranked in record.ranking
        if ranked.predicted_distance is not None and record.aim in (None, _named(ranked))
    ]
    nearest = min(known, key=lambda ranked: ranked.predicted_distance, default=None)
    return NearMiss(
        left=record.margin_left,
        target=_named(record.target),
        nearest=nearest,
        next_eps=None if nearest is None else _next_eps(record, nearest.predicted_distance),
    )


def _next_eps(record: RunRecord, distance: float) -> Epsilon | None:
    """Return the smallest round radius that reaches the distance and is larger than the one used.

    A whole number of 1/255 for linf, two digits for l2.
    """
    norm, eps = record.norm, record.eps
    unit = 1 / 255 if norm == "linf" else 10.0 ** (math.floor(math.log10(max(distance, eps))) - 1)
    steps = max(math.ceil(distance / unit - SLACK), math.floor(eps / unit + SLACK) + 1)
    value = steps / 255 if norm == "linf" else float(f"{steps * unit:.6g}")
    return Epsilon(value, norm) if value <= LARGEST[norm] else None


def near_sentence(record: RunRecord) -> str:
    """Return how near the attack came and what the straight line says; "" for an attack that succeeded."""
    miss = near_miss(record)
    if miss is None:
        return ""
    eps = length(record.eps, record.norm)
    if record.aim is not None and record.success:
        came = f"“{record.adversarial_label.name}” overtook first; “{miss.target.name}” is still behind."
    elif miss.left >= 0.995:
        came = f"The closest try took nothing off the lead of “{record.label.name}”."
    else:
        came = f"The closest try left {miss.left:.0%} of the lead of “{record.label.name}”."
    if miss.nearest is None:
        return f"{came} No class has a slope to follow."
    distance = length(miss.nearest.predicted_distance, record.norm)
    to = "the nearest boundary" if record.aim is None else "the boundary"
    line = f"the straight line puts {to}, to “{miss.nearest.name}”, at {distance}"
    if record.flags:  # no word on why: the slope is what is in doubt
        return f"{came} {line[0].upper()}{line[1:]}; ε was {eps}."
    if miss.nearest.predicted_distance > record.eps:
        return f"{came} No wonder: {line}, and ε was {eps}."
    return f"{came} Yet {line}, within ε = {eps}: here the margin bends."


def why_withstood(record: RunRecord, *, robust: bool) -> str:
    """Return what it means that the attack failed; "" where it did not.

    robust: whether the network was trained by being attacked.
    """
    if near_miss(record) is None:
        return ""
    if record.flags:
        return MEANING
    stops = (
        ""
        if record.faithful or record.aim
        else (
            " MALT stops where more steps would not come close: along an attack the margin falls almost in a "
            "straight line, so a few steps tell."
        )
    )
    if robust:
        return (
            "To withstand is what this network was trained for, and here the straight line is worth most: it "
            f"tells beforehand how far one would have to go.{stops}"
        )
    if START in record.model:
        return f"How this network was trained is not known here; on most a larger ε succeeds.{stops}"
    return f"This network was not trained to withstand attacks: a larger ε mostly fools it.{stops}"


def _named(of: NamedClass) -> NamedClass:
    return NamedClass(index=of.index, name=of.name)
