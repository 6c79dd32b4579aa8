"""Counts and intervals on records written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import binomtest, t

from malt_core.transfer import words
from malt_core.transfer.statistics import Cell, compared, estimate, student
from tests.transfer.records import record


def test_the_interval_of_a_cell_is_wilsons() -> None:
    for count, of in ((0, 7), (3, 9), (12, 12)):
        one = Cell(of=of, fooled=count, same=0, noise=0, own=0, l2=1.0, noise_l2=1.0)
        expected = binomtest(count, of).proportion_ci(method="wilson")
        assert one.interval == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_images_are_what_is_drawn_by_chance() -> None:
    """One value an image: Student's interval. The same values ten times over tell no more than once."""
    values = [0.0, 1.0, 1.0, 0.0, 1.0]
    once = estimate(enumerate(values))
    assert once is not None
    spread = (sum((v - 0.6) ** 2 for v in values) / 4 / 5) ** 0.5
    assert once.high - once.mean == pytest.approx(t.ppf(0.975, 4) * spread, rel=1e-3)
    often = estimate((i, v) for i, v in enumerate(values) for _ in range(10))
    assert often is not None
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    assert (often.images, often.pairs) == (5, 50)
    assert estimate([]) is None
    assert [student(n) for n in (4, 9, 99)] == pytest.approx(t.ppf(0.975, [4, 9, 99]), abs=1e-3)
    alone = estimate([(3, 1.0)])
    assert alone is not None
    assert (alone.low, alone.told) == (None, 0)


def test_what_travels_further_is_said_only_where_the_images_tell() -> None:
    clear = record(first=[True] * 12, second=[False] * 12)
    found = compared(clear, "naive")
    assert found is not None
    assert (found.first, found.second, found.only_first, found.only_second) == (1, 0, 12, 0)
    assert "MALT's target travels further" in words.comparison(found)
    even = record(first=[True, False] * 6, second=[False, True] * 6)
    found = compared(even, "naive")
    assert found is not None
    assert (found.only_first, found.only_second, found.difference.mean) == (6, 6, 0)
    assert "do not tell" in words.comparison(found)
    one = compared(record(first=[True], second=[False]), "naive")
    assert one is not None
    assert "So few images do not tell" in words.comparison(one)


def test_the_sentences_follow_the_numbers() -> None:
    shown = record(first=[True] * 9 + [False] * 3, second=[False] * 12)
    assert words.headline(shown).startswith(
        "Made on one network, an adversarial image fools another one in 75%"
    )
    assert "random noise of the same ε does so in 0%" in words.headline(shown)
    assert "75% of these would have worked at the first try, without one question" in words.attacker(shown)
    assert "12 of 12 images fool it" in words.diagonal(shown)
    nothing = record(first=[False] * 5, second=[False] * 5)
    assert "would not have fooled" in words.attacker(nothing)
    few = record(first=[True, False, False], second=[False] * 3)
    assert "do not tell" in words.attacker(few)
    assert "No image is named right by two" in words.headline(record(first=[], second=[]))


def test_where_noise_does_as_much_it_is_said() -> None:
    made = record(first=[True] * 6 + [False] * 2, second=[False] * 8)
    assert words.as_by_noise(made) == ""
    noisy = [replace(entry, column_noise=(0, int(i < 3))) for i, entry in enumerate(made.entries)]
    said = words.as_by_noise(replace(made, entries=tuple(noisy)))
    assert "from own to other 3 of 8 (the attack 6)" in said
