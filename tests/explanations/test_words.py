"""What is said of explanations."""

from __future__ import annotations

import pytest

from malt_core.explanations import words
from malt_core.explanations.record import rank_correlation
from tests.explanations.records import classes, distances, ranks, smallest


def test_the_first_target() -> None:
    said = words.first_target(classes([5 / 255, 3 / 255, 2 / 255]))
    assert "“class 3”, predicted to be 2/255 away, though it is only number 3" in said
    assert "The likeliest, “class 1”, is predicted to be 5/255 away" in said
    assert "is the likeliest wrong answer, too" in words.first_target(classes([1 / 255, 3 / 255]))
    assert "out of the straight line's reach" in words.first_target(classes([None, 3 / 255]))
    assert "says nothing here" in words.first_target(classes([None, None]))


def test_how_many_both_orders_share() -> None:
    record = classes([5 / 255, 3 / 255, 2 / 255, 1 / 255])
    assert (
        words.agreement(record, 2) == "0 of MALT's first 2 are among the 2 likeliest; 4 classes are ranked."
    )
    some = classes([1 / 255, 2 / 255], total=9)
    assert words.agreement(some, 2).endswith("2 of 9 classes are so far ranked.")


def test_a_rank_correlation() -> None:
    assert rank_correlation([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [10, float("inf"), 5]) == pytest.approx(-0.5)
    assert rank_correlation([1, 2], [1, 2]) is None
    assert rank_correlation([1, 2, 3], [4, 4, 4]) is None


def test_distances_in_words() -> None:
    record = distances([(2 / 255, 2 / 255, True), (3 / 255, 4 / 255, False), (5 / 255, None, False)])
    assert "1.00 for MALT's score, 1.00 for the order of confidence" in words.correlation(record)
    assert words.error(record) == (
        "Half of the predicted distances are off by 12% or less. Up to 64/255, no way to “class 3” was found."
    )
    assert "too few" in words.correlation(distances([(2 / 255, 2 / 255, True)]))


def test_ranks_in_words() -> None:
    record = ranks([(1, 1), (1, 5), (2, 0), (0, 0)])
    assert words.ranks_sentence(record) == (
        "Of 4 images that the network gets right (of 5), 3 were fooled at ε = 4/255: 3 by MALT's order "
        "and 2 by "
        "that of confidence. MALT's first target did it for 2 of 3 (66.7%), the likeliest class for 1 of 2 "
        "(50.0%)."
    )
    assert words.only_one(record) == "Only MALT's order fooled 1 image, only that of confidence 0."
    assert record.histogram() == {"malt": (2, 1, 0, 0), "naive": (1, 0, 0, 1)}
    assert words.ranks_sentence(ranks([])).startswith("The network gets none of 1 image right")
    assert words.ranks_sentence(ranks([(0, 0)])).endswith("none was fooled at ε = 4/255.")
    assert words.only_one(ranks([(1, 1)])) == "Each image that one order fooled was fooled by the other, too."


def test_the_smallest_epsilon_in_words() -> None:
    found = smallest(1.5 / 255, 2 / 255)
    assert words.smallest_headline(found) == "ε = 1.5/255 is enough: “cat” becomes “dog”."
    assert "needs ε = 2/255, and the network says “dog” of its pixels" in words.smallest_told(found)
    assert "No PNG" in words.smallest_told(smallest(1.5 / 255, None))
    nothing = smallest(None, None)
    assert words.smallest_headline(nothing) == "Nothing found up to ε = 64/255: the network still says “cat”."
    assert "PNG" not in words.smallest_told(nothing)
