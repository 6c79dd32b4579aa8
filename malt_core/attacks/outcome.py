"""What became of a picture under attack, told from what it shows, once for all who speak of it. No torch.

Only what was right before can be fooled. A network that was wrong from the start may be moved to another
wrong answer, or be corrected.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Literal

Truth = Set[int] | None
"""The classes, by index, that name what a picture shows: several may at once, an empty set means that none of
the network's does. None: nobody said what it shows."""

Outcome = Literal["fooled", "fooled_unchecked", "renamed", "corrected", "moved", "wrong", "withstood"]
"""renamed: from one right answer to another; moved: from one wrong answer to another; wrong: from the start,
and unchanged; fooled_unchecked, withstood: also where nobody said what the picture shows."""

PHRASES: dict[Outcome, str] = {
    "fooled": "fooled",
    "fooled_unchecked": "fooled, if it was right before",
    "renamed": "right before and after",
    "corrected": "wrong before, right now",
    "moved": "wrong before and after",
    "wrong": "wrong from the start",
    "withstood": "withstood",
}
"""Each outcome in a few words, for tables and captions."""

GUESSING = 0.2
"""Confidence, from 0 to 1, below which a network's likeliest answer is called a guess."""


def right(truth: Truth, answer: int) -> bool | None:
    """Return whether the answer, a class index, names what the picture shows; None where nobody said."""
    return None if truth is None else answer in truth


def outcome(truth: Truth, before: int, after: int) -> Outcome:
    """Return what became of the picture.

    before, after: the network's answers, as class indices; the same where no attack changed anything.
    """
    was_right, changed = right(truth, before), before != after
    if was_right is None:
        return "fooled_unchecked" if changed else "withstood"
    if was_right:
        return "withstood" if not changed else "renamed" if right(truth, after) else "fooled"
    return "wrong" if not changed else "corrected" if right(truth, after) else "moved"


def guessing(confidence: float) -> bool:
    """Return whether a network that is this sure (0 to 1) of its likeliest answer is but guessing."""
    return confidence < GUESSING
