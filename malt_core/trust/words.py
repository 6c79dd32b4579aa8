"""Flags and second opinions in plain words. Every sentence must be true of what it is given. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from malt_core.trust.flags import CODES, OF_OPINION, Flag
from malt_core.trust.opinion import SecondOpinion

MEANING = (
    "An attack by gradients can fail for such a reason alone. That something withstood it does not show, "
    "then, that the network is robust."
)
BY_SQUARE = "a second opinion, without gradients (Square)"


def line(flag: Flag) -> str:
    """Return a flag in one line, for a terminal: its code, what was seen, what to do."""
    return f"{flag.code}: {flag.message} {flag.advice}"


def meaning(flag: Flag) -> str:
    """Return what a flag means, in a sentence; its code where this version does not know it."""
    return CODES[flag.code][0] if flag.code in CODES else f"{flag.code}."


def seen(flag: Flag, images: int) -> str:
    """Return what was seen, and on how many images of so many, where that says something more."""
    if flag.images is None or images == 1 or flag.code in OF_OPINION:
        return flag.message
    return f"{flag.message} (Images: {len(flag.images):,} of {images:,}.)"


def opinion_sentence(opinion: SecondOpinion, what: str = "image") -> str:
    """Return what a second opinion found; that ε = 1 failed is told by its flag. what: the images' name."""
    asked, fooled, failed = (len(opinion.images), len(opinion.fooled), len(opinion.unbounded_failed))
    those = f"{asked:,} {what}s that were left" if asked > 1 else f"one {what} that was left"
    if asked == 1:
        found = "and it fooled the network" if fooled else "and it found nothing either"
    else:
        found = f"of which it fooled {fooled:,}" if fooled else "and it fooled none of them"
    anything = (
        f" With ε = 1, where anything goes, steps along the gradient fool {'it' if asked == 1 else 'all'}."
    )
    return (
        f"A second opinion, without gradients (Square, {opinion.queries:,} queries at most), was asked for "
        f"on {those}, {found}.{'' if failed else anything}"
    )


def advice(flags: Sequence[Flag]) -> str:
    """Return what to do about these flags, each thing once."""
    return " ".join(dict.fromkeys(flag.advice for flag in flags))


def summary(flags: Sequence[Flag]) -> str:
    """Return the codes of flags, "none" for none."""
    return ", ".join(flag.code for flag in flags) or "none"
