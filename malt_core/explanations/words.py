"""Explanations in plain words. Every sentence must be true of the record that it is given. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from malt_core.epsilon import Epsilon
from malt_core.explanations.record import (
    Candidate,
    ClassesRecord,
    DistancesRecord,
    RanksRecord,
    SmallestRecord,
)
from malt_core.explanations.types import LogitStep
from malt_core.formatting import length, stopwatch
from malt_core.formatting import steps as steps_text
from malt_core.types import NamedClass, Norm


def first_target(record: ClassesRecord) -> str:
    """Return which class MALT aims at first, and what the order of confidence says of it."""
    first = record.candidates[0]
    likeliest = next(one for one in record.candidates if one.confidence_rank == 1)
    if first.predicted is None:
        return "None of these classes has a slope to follow: the straight line says nothing here."
    if first is likeliest:
        return (
            f"MALT's first target, “{first.name}”, is the likeliest wrong answer, too: predicted to be "
            f"{length(first.predicted, record.norm)} away."
        )
    return (
        f"MALT's first target is “{first.name}”, predicted to be {length(first.predicted, record.norm)} "
        "away, "
        f"though it is only number {first.confidence_rank} among the likeliest wrong answers. The likeliest, "
        f"“{likeliest.name}”, is {_predicted(likeliest, record.norm)}."
    )


def _predicted(candidate: Candidate, norm: Norm) -> str:
    if candidate.predicted is None:
        return "out of the straight line's reach"
    return f"predicted to be {length(candidate.predicted, norm)} away"


def agreement(record: ClassesRecord, n: int) -> str:
    """Return how many of MALT's first n classes are among the n likeliest."""
    first = [one for one in record.candidates if one.rank <= n]
    both = sum(one.confidence_rank <= n for one in first)
    scored = len(record.candidates)
    of = (
        f"{scored} classes are"
        if scored == record.total
        else f"{scored} of {record.total} classes are so far"
    )
    return f"{both} of MALT's first {len(first)} are among the {len(first)} likeliest; {of} ranked."


def correlation(record: DistancesRecord) -> str:
    """Return how well either order foretells the distances that were reached."""
    count = len(record.distances)
    if record.correlation is None or record.confidence_correlation is None:
        return f"{count} {'class' if count == 1 else 'classes'}: too few to speak of an order."
    return (
        f"Rank correlation with the distance reached, over {count} classes: {record.correlation:.2f} for "
        "MALT's "
        f"score, {record.confidence_correlation:.2f} for the order of confidence (1: the same order, 0: no "
        "relation)."
    )


def error(record: DistancesRecord) -> str:
    """Return how far off the predicted distances are, and which classes were not reached; "" for neither."""
    pairs = [(one.predicted, one.reached) for one in record.distances]
    off = [abs(p - r) / r for p, r in pairs if p is not None and r]
    missed = [one.name for one in record.distances if one.reached is None]
    said = []
    if off:
        said.append(f"Half of the predicted distances are off by {median(off):.0%} or less.")
    if missed:
        names = listed([f"“{name}”" for name in missed])
        said.append(f"Up to {length(record.eps_max, record.norm)}, no way to {names} was found.")
    return " ".join(said)


def ranks_sentence(record: RanksRecord) -> str:
    """Return what became of the images, and how often the first target of either order did it."""
    attacked, fooled, radius = len(record.attacked), len(record.fooled), Epsilon(record.eps, record.norm)
    read = len(record.images)
    if not attacked:
        return f"The network gets none of {read} {_images(read)} right, so none was attacked."
    malt, naive = record.histogram()["malt"], record.histogram()["naive"]
    begin = f"Of {attacked} {_images(attacked)} that the network gets right (of {read}), "
    if not fooled:
        return f"{begin}none was fooled at ε = {radius}."
    return (
        f"{begin}{fooled} {'was' if fooled == 1 else 'were'} fooled at ε = {radius}: {sum(malt)} by "
        "MALT's order "
        f"and {sum(naive)} by that of confidence. MALT's first target did it for {_share(malt)}, the "
        "likeliest "
        f"class for {_share(naive)}."
    )


def _share(bars: Sequence[int]) -> str:
    total = sum(bars)
    return f"{bars[0]} of {total} ({bars[0] / total:.1%})" if total else "none"


def _images(n: int) -> str:
    return "image" if n == 1 else "images"


def only_one(record: RanksRecord) -> str:
    """Return how many images only one of the orders fooled."""
    malt, naive = len(record.only_malt), len(record.only_naive)
    if not malt and not naive:
        return "Each image that one order fooled was fooled by the other, too." if record.fooled else ""
    return f"Only MALT's order fooled {malt} {_images(malt)}, only that of confidence {naive}."


def smallest_headline(record: SmallestRecord) -> str:
    """Return the smallest ε in one sentence."""
    if record.reached is None:
        return (
            f"Nothing found up to ε = {length(record.eps_max, record.norm)}: the network still says "
            f"“{record.label.name}”."
        )
    radius = Epsilon(record.reached, record.norm)
    return f"ε = {radius} is enough: “{record.label.name}” becomes “{record.answer.name}”."


def smallest_told(record: SmallestRecord) -> str:
    """Return what the straight line had said, what 8 bits can hold, and what it took."""
    said = []
    if record.reached is not None and record.predicted is not None and record.target is not None:
        predicted = length(record.predicted, record.norm)
        said.append(f"The straight line to “{record.target.name}”, aimed at here, had predicted {predicted}.")
    if record.eight_bit_eps is not None and record.eight_bit_answer is not None:
        kept = Epsilon(record.eight_bit_eps, record.norm)
        said.append(
            f"A PNG holds whole steps of 1/255 only: the first that does it needs ε = {kept}, and the "
            "network "
            f"says “{record.eight_bit_answer.name}” of its pixels."
        )
    elif record.reached is not None:
        said.append(
            "No PNG, which holds whole steps of 1/255 only, was found close to it that does it as well."
        )
    classes = f"{record.tried} {'class' if record.tried == 1 else 'classes'}"
    said.append(
        f"Searched along MALT's first {classes}: {steps_text(record.steps)}, {stopwatch(record.seconds)}. "
        "What a "
        "search finds is enough; whether less would do, it cannot prove."
    )
    return " ".join(said)


def ranks_settings(record: RanksRecord) -> str:
    """Return how the images were attacked, in one line."""
    radius = Epsilon(record.eps, record.norm)
    return (
        f"{record.data}: ε = {radius}, {record.n_targets} targets of {record.n_candidates} candidates, "
        f"{steps_text(record.n_iter)} towards each, seed {record.seed}."
    )


def ended(
    trace: Sequence[LogitStep], row: int, label: NamedClass, aim: NamedClass, names: Sequence[str]
) -> str:
    """Return when one of two attacks changed the answer, and to what; "" before the first step.

    row: which of the two, 0 or 1; names: class names by index.
    """
    for step in trace:
        logits = step.logits[row]
        answer = max(range(len(logits)), key=logits.__getitem__)
        if answer != label.index:
            when = f"at step {step.step}" if step.step else "at the random start"
            return f"Aimed at “{aim.name}”, the answer becomes “{names[answer]}” {when}."
    if not trace:
        return ""
    return f"Aimed at “{aim.name}”, the answer is still “{label.name}” after {steps_text(trace[-1].step)}."


def listed(names: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
