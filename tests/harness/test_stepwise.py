"""A blocking call as a generator: it works only inside next(), and closing leaves nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import torch

from malt_core.harness.stepwise import Closed, Turn, stepwise


def stepwise_threads() -> int:
    return sum(thread.name == "stepwise" for thread in threading.enumerate())


class Counter:
    """A call that counts to n, pausing before each number, and notes how it was ended."""

    def __init__(self, n: int = 1_000_000) -> None:
        self.n, self.count, self.ended_by = n, 0, None

    def __call__(self, pause: Callable[[], None]) -> str:
        try:
            while self.count < self.n:
                pause()
                self.count += 1
        except BaseException as error:
            self.ended_by = type(error)
            raise
        return "counted"


def test_it_pauses_and_returns() -> None:
    call, returned = Counter(3), []

    def watch() -> Iterator[int]:
        turns = stepwise(call)
        for _ in range(3):
            next(turns)
            yield call.count
        returned.append((yield from turns))

    assert list(watch()) == [0, 1, 2]
    assert returned == ["counted"]
    assert stepwise_threads() == 0


def test_it_works_only_inside_next() -> None:
    call = Counter()
    turns = stepwise(call)
    assert stepwise_threads() == 0, "nothing begins before the first next"
    for _ in range(4):
        next(turns)
        now = call.count
        time.sleep(0.02)
        assert call.count == now
    turns.close()
    assert call.count == 3


def test_its_errors_are_the_callers() -> None:
    def broken(pause: Callable[[], None]) -> None:
        pause()
        raise ValueError("no such thing")

    turns = stepwise(broken)
    next(turns)
    with pytest.raises(ValueError, match="no such thing"):
        next(turns)
    assert stepwise_threads() == 0


@pytest.mark.parametrize("how", ["close", "forget"])
def test_closing_ends_the_call_and_its_thread(how: str) -> None:
    call = Counter()
    turns = stepwise(call)
    next(turns)
    assert stepwise_threads() == 1
    if how == "close":
        turns.close()
    else:
        del turns
    assert call.ended_by is Closed
    assert stepwise_threads() == 0


def test_a_call_that_catches_everything_is_ended_all_the_same() -> None:
    caught = []

    def stubborn(pause: Callable[[], None]) -> None:
        for _ in range(5):
            try:
                pause()
            except BaseException as error:
                caught.append(error)

    turns = stepwise(stubborn)
    next(turns)
    turns.close()
    assert len(caught) == 5
    assert stepwise_threads() == 0


def test_the_call_has_a_grad_mode_of_its_own() -> None:
    seen = []

    def look(pause: Callable[[], None]) -> None:
        seen.append(torch.is_grad_enabled())
        pause()
        seen.append(torch.is_grad_enabled())

    with torch.no_grad():
        list(stepwise(look))
    assert seen == [True, True]


def test_two_calls_take_turns() -> None:
    calls = [Counter(50), Counter(50)]
    for _ in zip(*map(stepwise, calls), strict=True):
        assert abs(calls[0].count - calls[1].count) <= 1
    assert [call.count for call in calls] == [50, 50]


def test_events_are_handed_out_and_the_global_random_state_is_left_alone() -> None:
    def draw(pause: Callable[[float], None]) -> str:
        for seed in range(3):
            torch.manual_seed(seed)
            pause(float(torch.rand(1)))
        return "drawn"

    before, returned, drawn = torch.random.get_rng_state(), [], []

    def watch() -> Iterator[float]:
        returned.append((yield from stepwise(draw)))

    for event in watch():
        drawn.append(event)
        assert torch.equal(torch.random.get_rng_state(), before)
    assert (len(set(drawn)), returned) == (3, ["drawn"])
    turns = stepwise(draw)
    next(turns)
    turns.close()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_turn_is_over_after_its_time_of_work() -> None:
    now = [0.0]
    turn = Turn(2.0, lambda: now[0])
    seen = []
    for time_of_work in (1.0, 1.9, 2.0, 5.0):
        now[0] = time_of_work
        seen.append(turn.over)
    assert seen == [False, False, True, True]
    turn.begin()
    assert not turn.over
    turn.end()
    assert turn.over
