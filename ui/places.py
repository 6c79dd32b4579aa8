"""Places for long jobs, so that they never take all turns of the job queue from the short ones."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque

from ui.jobs import Report

ASK_AGAIN = 0.2  # seconds


class Place:
    """A place that is taken; given back by `leave`, or when nobody holds it any more."""

    def __init__(self, places: Places) -> None:
        self.leave = weakref.finalize(self, places.give_back)


class Places:
    """So many places, and a line before them: first come, first served."""

    def __init__(self, count: int) -> None:
        self._lock = threading.RLock()  # garbage collection can give a place back at any moment
        self._free = count
        self._line: deque[object] = deque()

    def take(self, report: Report) -> Place:
        """Return a place, waiting for it if need be; raises what report raises to end the waiting."""
        ticket = object()
        with self._lock:
            self._line.append(ticket)
        try:
            while (ahead := self._ahead(ticket)) is not None:
                report(waiting_sentence(ahead), None)
                time.sleep(ASK_AGAIN)
        except BaseException:
            with self._lock:
                self._line.remove(ticket)
            raise
        return Place(self)

    def _ahead(self, ticket: object) -> int | None:
        """How many wait before this one; None if it has a place now."""
        with self._lock:
            ahead = self._line.index(ticket)
            if ahead or not self._free:
                return ahead
            self._line.popleft()
            self._free -= 1
            return None

    def give_back(self) -> None:
        """For Place alone."""
        with self._lock:
            self._free += 1


def waiting_sentence(ahead: int) -> str:
    """A place in the line, in words."""
    if ahead == 0:
        return "Other people's evaluations and races are running; yours is next and starts by itself."
    others = "1 other waits" if ahead == 1 else f"{ahead} others wait"
    return f"{others} for a race or an evaluation ahead of you; yours starts by itself."
