"""Giving the chunks of a data set to workers, whatever kind of workers they are.

A worker that is lost (killed, out of memory, its computer switched off) is replaced by a fresh one, and its
chunk is given out again. What one worker computes depends on the chunk alone, so this changes no result.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from malt_core.errors import EvaluationFailed, MaltError
from malt_core.evaluation.types import Chunk, ChunkResult, Chunks

TRIES = 3  # for each chunk, and for starting workers


@dataclass(frozen=True)
class Ready:
    """Event: a worker has its model and waits for a chunk."""


@dataclass(frozen=True)
class Lost:
    """Event: a worker can do nothing more. reason: for people."""

    reason: str


Event = Ready | ChunkResult | Lost | MaltError
W = TypeVar("W", bound=Hashable)


class Pool(Protocol[W]):
    """A kind of workers. Each holds one copy of the model and evaluates one chunk at a time."""

    def start(self) -> W:
        """Start a worker. Its first event is Ready, Lost, or the error with which its model did not load."""
        ...

    def give(self, worker: W, chunk: Chunk) -> None:
        """Have a worker that is free evaluate a chunk. Its next event is the result, Lost, or an error."""
        ...

    def wait(self) -> list[tuple[W, Event]]:
        """Sleep until at least one worker has an event, and return what there is."""
        ...

    def stop(self, worker: W) -> None:
        """End a worker at once, whatever it does."""
        ...


def dispatch(pool: Pool[W], workers: int, chunks: Chunks) -> Iterator[ChunkResult]:
    """Yield the result of each chunk, as they come. workers: how many to keep at work at most.

    Raises the MaltError that a worker meets, and EvaluationFailed where TRIES workers were lost with the same
    chunk, or one after the other before they were ready. Ends all workers, also when it is closed.
    """
    waiting = deque(chunks.numbers)
    losses: Counter[int | None] = Counter()  # by chunk; None for workers that were not ready yet
    staff: dict[W, int | None] = {}  # the chunk that each works on
    try:
        while open_chunks := len(waiting) + sum(number is not None for number in staff.values()):
            while len(staff) < min(workers, open_chunks):
                staff[pool.start()] = None
            for worker, event in pool.wait():
                if isinstance(event, MaltError):
                    raise event
                if isinstance(event, Lost):
                    number = staff.pop(worker)
                    pool.stop(worker)
                    _count(losses, number, event)
                    waiting.extendleft([] if number is None else [number])
                    continue
                if waiting:
                    staff[worker] = number = waiting.popleft()
                    pool.give(worker, chunks.read(number))
                else:
                    del staff[worker]
                    pool.stop(worker)
                if isinstance(event, ChunkResult):
                    yield event
                else:
                    losses[None] = 0
    finally:
        for worker in staff:
            pool.stop(worker)


def _count(losses: Counter[int | None], number: int | None, event: Lost) -> None:
    losses[number] += 1
    if losses[number] >= TRIES:
        when = "before they were ready" if number is None else f"with chunk {number}"
        raise EvaluationFailed(
            f"{TRIES} workers were lost {when}; the last: {event.reason}. What is done is kept. If memory is "
            "short, go on with --resume and fewer workers, or begin anew with a smaller batch size."
        )
