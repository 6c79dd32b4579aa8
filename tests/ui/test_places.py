"""Places for long jobs: never more than there are, in order, and none is lost."""

from __future__ import annotations

import threading
import time

import pytest

from ui import places
from ui.jobs import Cancelled
from ui.places import Places, waiting_sentence


@pytest.fixture(autouse=True)
def ask_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "ASK_AGAIN", 0.005)


def nobody_waits(note: str, share: float | None) -> None:
    pytest.fail(f"told to wait: {note}")


def leave_the_line(note: str, share: float | None) -> None:
    raise Cancelled


def test_a_free_place_is_taken_at_once_and_can_be_given_back() -> None:
    two = Places(2)
    first, second = two.take(nobody_waits), two.take(nobody_waits)
    with pytest.raises(Cancelled):
        two.take(leave_the_line)
    first.leave()
    first.leave()  # once is enough, twice does no harm
    third = two.take(nobody_waits)
    with pytest.raises(Cancelled):
        two.take(leave_the_line)
    second.leave()
    third.leave()


def test_a_place_that_nobody_holds_is_free() -> None:
    one = Places(1)
    place = one.take(nobody_waits)
    del place
    one.take(nobody_waits)


def test_who_came_first_is_served_first() -> None:
    one = Places(1)
    held = one.take(nobody_waits)
    served: list[str] = []
    told: dict[str, list[str]] = {"a": [], "b": [], "c": []}

    def come(name: str) -> None:
        def report(note: str, share: float | None) -> None:
            told[name].append(note)
            if name == "b" and len(told["b"]) > 3:
                raise Cancelled

        try:
            place = one.take(report)
        except Cancelled:
            return
        served.append(name)
        place.leave()

    threads = []
    for name in told:
        threads.append(threading.Thread(target=come, args=(name,)))
        threads[-1].start()
        while not told[name]:
            time.sleep(0.001)
    threads[1].join(10)  # b has left the line
    held.leave()
    for thread in threads:
        thread.join(10)
    assert served == ["a", "c"]
    assert told["a"][0] == waiting_sentence(0)
    assert told["c"][0] in (waiting_sentence(2), waiting_sentence(1))


def test_the_line_in_words() -> None:
    assert "yours is next" in waiting_sentence(0)
    assert waiting_sentence(1).startswith("1 other waits")
    assert waiting_sentence(3).startswith("3 others wait")
