"""What became of a picture: fooled only where the network was right before."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from malt_core.attacks.outcome import PHRASES, Outcome, Truth, guessing, outcome, right

TABBY, TIGER_CAT, ORANGE, LEMON = range(4)
CAT = frozenset({TABBY, TIGER_CAT})


@pytest.mark.parametrize(
    ("truth", "before", "after", "expected"),
    [
        ({ORANGE}, ORANGE, LEMON, "fooled"),
        ({ORANGE}, ORANGE, ORANGE, "withstood"),
        ({ORANGE}, LEMON, ORANGE, "corrected"),
        ({ORANGE}, LEMON, TABBY, "moved"),
        ({ORANGE}, LEMON, LEMON, "wrong"),
        (None, ORANGE, LEMON, "fooled_unchecked"),
        (None, ORANGE, ORANGE, "withstood"),
        (frozenset(), ORANGE, LEMON, "moved"),  # none of the classes: whatever it says is wrong
        (frozenset(), ORANGE, ORANGE, "wrong"),
        (CAT, TABBY, TIGER_CAT, "renamed"),
        (CAT, TIGER_CAT, ORANGE, "fooled"),
        (CAT, ORANGE, TABBY, "corrected"),
        (CAT, TABBY, TABBY, "withstood"),
    ],
)
def test_every_case_has_its_name(truth: Truth, before: int, after: int, expected: Outcome) -> None:
    assert outcome(truth, before, after) == expected


def test_only_what_was_right_or_unknown_is_fooled() -> None:
    truths = (None, frozenset(), frozenset({ORANGE}), CAT)
    for truth, before, after in product(truths, range(4), range(4)):
        if outcome(truth, before, after).startswith("fooled"):
            assert right(truth, before) is not False
            assert before != after
            assert not right(truth, after)


def test_each_outcome_has_words_of_its_own() -> None:
    assert set(PHRASES) == set(get_args(Outcome))
    assert len(set(PHRASES.values())) == len(PHRASES)


@pytest.mark.parametrize(("confidence", "expected"), [(0.0, True), (0.199, True), (0.2, False), (0.9, False)])
def test_a_network_that_is_hardly_sure_is_guessing(confidence: float, expected: bool) -> None:
    assert guessing(confidence) is expected
