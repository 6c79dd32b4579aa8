"""The chunks of an evaluation on worker processes of this computer.

Processes are started afresh ("spawn"), not forked, since torch's threads do not survive a fork. As little as
possible is imported before a worker has set itself up, so torch is not imported at the top.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

from malt_core.evaluation.types import Chunk, ChunkResult, ChunkRunner, Chunks, Plan
from malt_core.evaluation.workers.dispatch import Event, Lost, dispatch
from malt_core.evaluation.workers.worker import Evaluator

if TYPE_CHECKING:
    from malt_core.models.loaders import Model

SPAWN = multiprocessing.get_context("spawn")


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def local_workers(load: Callable[[], Model], plan: Plan, workers: int) -> ChunkRunner:
    """Return a Run on so many worker processes, each with one copy of the model and one torch thread.

    load: a function of a module, or a functools.partial of one, since every worker calls it for itself. A
    script that uses this has to guard its own work by `if __name__ == "__main__":`, as workers import it.
    """

    def run(chunks: Chunks) -> Iterator[ChunkResult]:
        return dispatch(_Processes(load, plan), workers, chunks)

    return run


class _Processes:
    """A dispatch.Pool whose workers are processes, each known by its end of a pipe."""

    def __init__(self, load: Callable[[], Model], plan: Plan) -> None:
        self._load, self._plan = load, plan
        self._processes: dict[Connection, SpawnProcess] = {}

    def start(self) -> Connection:
        here, there = SPAWN.Pipe()
        process = SPAWN.Process(target=_work, args=(there, self._load, self._plan), daemon=True)
        process.start()
        there.close()  # so that reading ends when the worker does
        self._processes[here] = process
        return here

    def give(self, worker: Connection, chunk: Chunk) -> None:
        with suppress(OSError):  # if it died just now, `wait` will find it
            worker.send(chunk)

    def wait(self) -> list[tuple[Connection, Event]]:
        return [(worker, self._event(worker)) for worker in wait(list(self._processes))]

    def _event(self, worker: Connection) -> Event:
        try:
            return worker.recv()
        except (EOFError, OSError):
            process = self._processes[worker]
            process.join()
            return Lost(f"it ended with status {process.exitcode}")

    def stop(self, worker: Connection) -> None:
        process = self._processes.pop(worker)
        worker.close()
        process.kill()
        process.join()
        process.close()


def _work(connection: Connection, load: Callable[[], Model], plan: Plan) -> None:
    """Body of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    evaluator = Evaluator(load, plan)
    event = evaluator.prepare()
    with suppress(EOFError, OSError):  # the parent has gone
        while True:
            connection.send(event)
            event = evaluator.evaluate(connection.recv())


def _end_with_the_parent() -> None:
    """A parent that was killed cannot end its workers."""
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
