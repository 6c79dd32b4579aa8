"""The lines that say how long an attack can still take."""

import io

import pytest

from benchmarks import progress
from benchmarks.progress import Progress, clock


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")],
)
def test_durations_for_people(seconds, text):
    assert clock(seconds) == text


class Time:
    now = 0.0

    def monotonic(self):
        return self.now


def test_time_left_is_that_of_the_calls_left_at_the_pace_of_the_last_ones(monkeypatch):
    time, out = Time(), io.StringIO()
    monkeypatch.setattr(progress, "time", time)
    shown = Progress("attack", (100, 300), out)  # as much as 200 calls with gradient
    for _ in range(21):
        shown.tick(True)
        time.now += 1
    for _ in range(91):
        shown.tick(False)
        time.now += 0.25
    assert out.getvalue().splitlines() == [
        "  attack: 10 s, at most 3 min 10 s left",
        "  attack: 20 s, at most 3 min 0 s left",
        "  attack: 30 s, at most 2 min 8 s left",
        "  attack: 40 s, at most 1 min 55 s left",
    ]


def test_an_attack_that_takes_more_calls_than_foreseen_has_nothing_left(monkeypatch):
    time, out = Time(), io.StringIO()
    monkeypatch.setattr(progress, "time", time)
    shown = Progress("attack", (2, 0), out)
    for _ in range(12):
        shown.tick(True)
        time.now += 1
    assert out.getvalue() == "  attack: 10 s, at most 0 s left\n"
