"""A run by answers alone in plain words. Every sentence must be true of the record it is given. No torch."""

from __future__ import annotations

from malt_core.answers.record import AnswersRecord, MaltRecord, MethodRecord
from malt_core.answers.types import TITLES
from malt_core.epsilon import Epsilon
from malt_core.formatting import length

SEEN = {"scores": "all scores", "class": "the class only"}


def headline(record: AnswersRecord, *, going_on: bool = False) -> str:
    """Return who came within the ball, and with how many queries, in a sentence. going_on: more may come."""
    within = sorted((one.within, TITLES[one.method]) for one in record.methods if one.within is not None)
    eps = Epsilon(record.eps, record.norm)
    if not within and going_on:
        return f"Asking about “{record.label.name}” …"
    if not within and not record.finished:
        return f"By then none of the three had found an image within ε = {eps} that fools the network."
    if not within:
        return (
            f"With up to {record.budget:,} queries each, none of the three found an image within "
            f"ε = {eps} that fools the network."
        )
    return _came(within, str(eps))


def _came(within: list[tuple[int, str]], eps: str) -> str:
    said = ", ".join(f"{title} after {_queries(n)}" for n, title in within)
    return f"Fooled within ε = {eps} by answers alone: {said}."


def _queries(n: int) -> str:
    return f"{n:,} {'query' if n == 1 else 'queries'}"


def yardstick(malt: MaltRecord) -> str:
    """Return what MALT needed, and what is counted."""
    if malt.reason:
        return f"MALT could not be run: {malt.reason}"
    cost = (
        f"{malt.n_forward:,} forward and {malt.n_backward:,} backward passes, {malt.passes:,} in all, "
        "each counted once"
    )
    if malt.fooled:
        return f"With the gradient, MALT fooled it in {cost}."
    return f"With the gradient, MALT did not fool it; it ended after {cost}."


def told(one: MethodRecord, record: AnswersRecord) -> str:
    """Return what became of a method, in a sentence or two."""
    title, eps = TITLES[one.method], Epsilon(record.eps, record.norm)
    if one.state == "waiting":
        return f"{title} has not begun."
    spent = _queries(one.queries)
    if one.state == "running":
        return f"{title}: {_so_far(one, record)} after {spent}."
    if one.sees == "scores":
        if one.within is not None:
            return f"{title} fooled the network within ε = {eps}, after {_queries(one.within)}."
        return (
            f"{title} did not fool the network within ε = {eps}: after {spent} {_so_far(one, record)}, of "
            f"{record.margin:.3g} at the picture."
        )
    if not one.fooled or one.distance is None:
        return f"{title} found no image at all that fools the network, with {spent}."
    reached = f"after {spent} its nearest image is {length(one.distance, record.norm)} away"
    if one.within is not None:
        return f"{title} came within ε = {eps} after {_queries(one.within)}; {reached}."
    return f"{title} did not come within ε = {eps}: {reached}."


def _so_far(one: MethodRecord, record: AnswersRecord) -> str:
    if not one.points:
        return "nothing found"
    last = one.points[-1].value
    if one.sees == "scores":
        return f"the smallest margin is {last:.3g} logits"
    return f"the nearest image is {length(last, record.norm)} away"


def start(one: MethodRecord) -> str:
    """Return what the start cost, "" for a method that needs none, or has not ended."""
    if one.sees == "scores" or one.state != "done":
        return ""
    if one.start is None:
        return f"No image of noise fooled the network in {_queries(one.queries)}."
    return f"Finding a first image that fools, noise far away, took {_queries(one.start)} of these."


def progress(record: AnswersRecord) -> tuple[str, float]:
    """Return what is going on, and how far it is, from 0 to 1."""
    if record.malt is None:
        return "MALT looks for the same with the gradient …", 0.0
    spent = sum(record.budget if one.state == "done" else one.queries for one in record.methods)
    asked = sum(one.queries for one in record.methods)
    return f"{_queries(asked)} so far, by three methods in turns", spent / (
        record.budget * len(record.methods)
    )


def rows(record: AnswersRecord) -> list[dict[str, object]]:
    """Return a table: a row for each method and one for MALT; lengths as people count."""
    unit = 255 if record.norm == "linf" else 1
    name = "1/255" if record.norm == "linf" else "L2"

    def far(distance: float | None) -> float | None:
        return None if distance is None else round(distance * unit, 2)

    table: list[dict[str, object]] = [
        {
            "method": TITLES[one.method],
            "hears": SEEN[one.sees],
            "queries": one.queries,
            "gradients": one.n_backward,
            "in the ball after": one.within,
            f"distance at the end ({name})": far(one.distance),
            "answer there": one.answer.name if one.answer and one.fooled else None,
        }
        for one in record.methods
    ]
    if record.malt is not None and not record.malt.reason:
        malt = record.malt
        table.append(
            {
                "method": "MALT",
                "hears": "scores and gradients",
                "queries": malt.n_forward,
                "gradients": malt.n_backward,
                "in the ball after": malt.passes if malt.fooled else None,
                f"distance at the end ({name})": far(malt.distance),
                "answer there": malt.answer.name if malt.fooled else None,
            }
        )
    return table
