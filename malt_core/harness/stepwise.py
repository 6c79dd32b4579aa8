"""A blocking call as a generator: somebody else's attack that works only while it is asked to.

pyautoattack's attacks run from beginning to end in one call. In a thread of its own such a call can stop
wherever it is told to `pause`, and go on when its generator is advanced.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(BaseException):
    """Raised by `pause` once the generator is closed, to end the call. No ordinary `except` stops it."""


def stepwise(call: Callable[[Callable[[], None]], T]) -> Generator[None, None, T]:
    """Run call(pause) in a thread of its own, yield at every pause(), and return what the call returns.

    The thread works only inside next(), and starts at the first. Closing the generator raises Closed inside
    the call and returns once its thread has ended; what the call raises by itself is raised here. Grad mode
    and autocast belong to a thread: the call finds both as in a fresh one, whatever the caller's are.
    """
    thread = _Call(call)
    thread.start()
    try:
        while thread.advance():
            yield
    finally:
        thread.end()
    if thread.error is not None:
        raise thread.error
    return thread.result


class _Call(threading.Thread, Generic[T]):
    """The thread; it and the generator's take turns, and the one whose turn it is not sleeps."""

    result: T

    def __init__(self, call: Callable[[Callable[[], None]], T]) -> None:
        super().__init__(name="handed over", daemon=True)
        self.error: BaseException | None = None
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

    def _pause(self) -> None:
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
