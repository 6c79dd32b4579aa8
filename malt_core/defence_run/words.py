"""A comparison of defences in plain words. Every sentence must be true of its record. No torch."""

from __future__ import annotations

from malt_core import formatting
from malt_core.defence_run.proof_types import TwoLayerProof
from malt_core.defence_run.record import DefencesRecord, RowRecord
from malt_core.share import Share
from malt_core.trust.words import summary

FEW = 5  # images lost to the adaptive attack alone that chance explains no longer: 1 in 32
LITTLE = 0.25  # a share of what withstood the carried-over attack that is little of it


def settings(record: DefencesRecord) -> str:
    """Return what the attacks were, in one line."""
    config = record.config
    size = formatting.length(config.eps, config.norm)
    return (
        f"ε = {size}{' (L2)' if config.norm == 'l2' else ''}, {config.steps} steps, MALT's first "
        f"{config.targets} of {config.candidates} targets, {config.draws} draws of what is random"
    )


def counted(share: Share) -> str:
    """Return a share with its 95% interval: "12 of 40 (30%; 18–45%)"."""
    low, high = (round(100 * end) for end in share.interval)
    return f"{share.count} of {share.of} ({formatting.percent(share.value)}; {low}–{high}%)"


def verdict(row: RowRecord, record: DefencesRecord) -> str:
    """Return one row in a sentence or two: what it withstands, and what only seems so."""
    clean, kept, left = row.clean.count, row.transfer.count, row.adaptive.count
    if not clean:
        return "It gets none of these images right, so that nothing was attacked."
    if row.id == record.undefended:
        return (
            f"Nothing was done to defend it: of {clean} {_images(clean)} that it gets right, MALT leaves "
            f"{left or 'none'}."
        )
    if not row.only_transfer:
        withstood = f"{left} withstood both attacks" if left else "none withstood either attack"
        return f"Of {clean} {_images(clean)} that it gets right, {withstood}."
    if hollow(row):
        return (
            f"It survives only the transferred attack: {kept} of {clean} {_images(clean)} withstood that, "
            f"and {left or 'none'} the attack that knows it."
        )
    return (
        f"Of {clean} {_images(clean)} that it gets right, {kept} withstood the transferred attack, and "
        f"{left or 'none'} the one that knows it: the latter is what counts."
    )


def hollow(row: RowRecord) -> bool:
    """Return whether a row survives only the transferred attack."""
    return row.only_transfer >= FEW and row.adaptive.count <= LITTLE * row.transfer.count


def _images(n: int) -> str:
    return "image" if n == 1 else "images"


def detection(row: RowRecord) -> str:
    """Return what a detector does at its threshold, "" for what is none."""
    if not row.detector:
        return ""
    said = f"Without any attack it refuses {counted(row.false_alarms)} images."
    if caught := row.caught:
        said += f" Of the transferred images that it would answer wrongly it refuses {counted(caught)}."
    if passed := row.passed:
        said += f" The attack that knows it brings {counted(passed)} past it, with a wrong answer."
    return said


def abstentions(row: RowRecord) -> str:
    """Return how often a vote or a smoothed network found no answer, "" for never."""
    n = sum("abstained" in (one.clean, one.adaptive) for one in row.outcomes)
    return f"On {n} {_images(n)} it abstains, with an attack or without: an error." if n else ""


def borrowed(row: RowRecord) -> str:
    """Return how often the attack on the row itself was not the best one known, "" for never."""
    n = row.borrowed
    if not n:
        return ""
    return (
        f"On {n} {_images(n)} only the transferred attack succeeded. They count as fooled in the adaptive "
        "column, too: the attack on this row is weaker than it could be, and what is left may be less."
    )


def doubt(row: RowRecord) -> str:
    """Return which flags were raised, "" for none."""
    if not row.flags:
        return ""
    return f"Flags: {summary(row.flags)}. What is left may be the attack's failure."


def sentences(row: RowRecord, record: DefencesRecord) -> list[str]:
    """Return all there is to say of a row that has been through an image."""
    said = (verdict(row, record), detection(row), abstentions(row), borrowed(row), doubt(row))
    return [one for one in said if one]


def headline(record: DefencesRecord) -> str:
    """Return what the whole comparison says."""
    rows = [row for row in record.begun if row.id != record.undefended]
    best = max(rows, key=lambda row: row.adaptive.count, default=None)
    if best is None or not best.adaptive.count:
        return "Nothing here withstands an attack that knows it"
    most = f"{best.title} leaves most right under an attack that knows it: {counted(best.adaptive)}"
    n = sum(hollow(row) for row in rows)
    if not n or len(rows) < 2:
        return most
    survives = "survives" if n == 1 else "survive"
    return f"{n} of {len(rows)} defences {survives} only a transferred attack; {most}"


def assumed(record: DefencesRecord) -> str:
    """Return how many labels nobody gave, "" for none."""
    n = sum(image.assumed for image in record.images)
    if not n:
        return ""
    return f"Of {n} {_images(n)} nobody said what they show: what {record.undefended} says counts as right."


def bounds(proof: TwoLayerProof) -> str:
    """Return what the bounds on a two-layer network prove of the true radius."""
    interval, convex = proof.share("interval"), proof.share("convex")
    n = len(proof.points)
    if not n:
        return "No point is proven yet."
    if interval is None or convex is None:
        return f"{n} points; the network is too large for the exact answer."
    said = (
        f"Over {n} points of a network with {proof.config.width} hidden units, the interval bound proves "
        f"{interval:.0%} of the true radius (median), the convex outer bound {convex:.0%}."
    )
    over = [point.attack / point.exact for point in proof.points if point.attack and point.exact]
    if over:
        said += f" The attack needs at most {max(over) - 1:.1%} more than the true radius."
    return said
