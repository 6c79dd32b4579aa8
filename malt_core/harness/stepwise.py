"""A blocking call as a generator: somebody else's attack that works only while it is asked to.

pyautoattack's attacks run from beginning to end in one call. In a thread of its own such a call can stop
wherever it is told to `pause`, and go on when its generator is advanced.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import torch

from malt_core.harness.seeding import global_state_restored

T = TypeVar("T")


class Closed(BaseException):
    """Raised by `pause` once the generator is closed, to end the call. No ordinary `except` stops it."""


def stepwise(
    call: Callable[[Callable[..., None]], T], device: torch.device | None = None
) -> Generator[Any, None, T]:
    """Run call(pause) in a thread of its own, yield the event of every pause(event), return what it returns.

    The thread works only inside next(), and starts at the first. Closing the generator raises Closed inside
    the call and returns once its thread has ended; what the call raises by itself is raised here. Grad mode
    and autocast belong to a thread: the call finds both as in a fresh one, whatever the caller's are. Torch's
    global random state, which pyautoattack seeds, is as before at every pause and at the end: that of the
    processor, and of `device` if it is a GPU.
    """
    thread = _Call(call)
    thread.start()
    try:
        while _without_trace(thread.advance, device):
            yield thread.event
    finally:
        _without_trace(thread.end, device)  # what ends puts back the state that it found at its start
    if thread.error is not None:
        raise thread.error
    return thread.result


def _without_trace(function: Callable[[], T], device: torch.device | None) -> T:
    with global_state_restored(device):
        return function()


class Turn:
    """A stretch of work after which a call should pause; the first one begins at once.

    seconds: how long it lasts. clock: returns the time in seconds, by default that of the wall.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self.begin()

    @property
    def over(self) -> bool:
        """Whether it is time for a pause."""
        return self._clock() >= self._end

    def begin(self) -> None:
        """Begin the next turn now."""
        self._end = self._clock() + self._seconds

    def end(self) -> None:
        """Let the turn be over, however long it has lasted."""
        self._end = -math.inf


class _Call(threading.Thread, Generic[T]):
    """The thread of one call. It and the thread of the generator never work at the same time.

    Each waits for an entry in a queue that the other one fills: the call for `_turns`, before it works up to
    its next pause; the generator for `_going_on`, which says whether the call pauses or has ended.
    """

    result: T

    def __init__(self, call: Callable[[Callable[..., None]], T]) -> None:
        super().__init__(name="stepwise", daemon=True)
        self.error: BaseException | None = None
        self.event: Any = None
        self._call = call
        self._turns: SimpleQueue[None] = SimpleQueue()
        self._going_on: SimpleQueue[bool] = SimpleQueue()
        self._closing = self._ended = False

    def run(self) -> None:
        try:
            self._await_turn()
            self.result = self._call(self._pause)
        except Closed:
            pass
        except BaseException as error:  # it belongs to whoever advances the generator
            self.error = error
        self._going_on.put(False)

    def _pause(self, event: Any = None) -> None:
        self.event = event
        self._going_on.put(True)
        self._await_turn()

    def _await_turn(self) -> None:
        self._turns.get()
        if self._closing:
            raise Closed

    def advance(self) -> bool:
        """Let the call work up to its next pause; False once it has ended."""
        self._turns.put(None)
        self._ended = not self._going_on.get()
        return not self._ended

    def end(self) -> None:
        """Make the call end if it has not, and wait for the thread."""
        self._closing = True
        while not self._ended:
            self.advance()
        self.join()
