"""Times for people: how long something took, and how long it will take."""

import pytest

from malt_core.formatting import duration, exact_percent, stopwatch


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.00 s"),
        (0.994, "0.99 s"),
        (0.996, "1.0 s"),
        (9.96, "10 s"),
        (99.4, "99 s"),
        (125, "2 min 5 s"),
    ],
)
def test_a_stopwatch_shows_two_digits(seconds: float, words: str) -> None:
    assert stopwatch(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (125, "2 min"), (12_000, "3 h 20 min")]
)
def test_a_duration_is_a_rough_one(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("share", "words"), [(0.9996, ">99.9%"), (0.0004, "<0.1%"), (0.5, "50.0%"), (0.0123, "1.2%")]
)
def test_an_exact_percentage_never_claims_certainty(share: float, words: str) -> None:
    assert exact_percent(share) == words
