"""Giving out chunks, whatever the workers: here they are entries in a script."""

from __future__ import annotations

from collections import deque

import pytest

from malt_core.errors import BadConfig, EvaluationFailed
from malt_core.evaluation.types import Chunk, ChunkResult, Chunks
from malt_core.evaluation.workers.dispatch import TRIES, Lost, Ready, dispatch


def done(number: int) -> ChunkResult:
    return ChunkResult(number=number, images=(), corrupt=(), n_forward=0, n_backward=0, seconds=0.0)


class Scripted:
    """Workers 0, 1, 2, ... that are ready at once and answer in the order in which they were asked.

    fates: what becomes of the next worker that is given this chunk, or is started (None); by default all is
    well.
    """

    def __init__(self, fates: dict[int | None, list] | None = None) -> None:
        self.fates = {key: deque(value) for key, value in (fates or {}).items()}
        self.events: deque = deque()
        self.working: set[int] = set()
        self.started = 0
        self.given: list[int] = []
        self.most = 0

    def _fate(self, key: int | None, well: object) -> object:
        return self.fates[key].popleft() if self.fates.get(key) else well

    def start(self) -> int:
        worker, self.started = self.started, self.started + 1
        self.working.add(worker)
        self.most = max(self.most, len(self.working))
        self.events.append((worker, self._fate(None, Ready())))
        return worker

    def give(self, worker: int, job: Chunk) -> None:
        assert worker in self.working
        self.given.append(job.number)
        self.events.append((worker, self._fate(job.number, done(job.number))))

    def wait(self) -> list:
        assert self.events, "it would wait for ever"
        return [self.events.popleft()]

    def stop(self, worker: int) -> None:
        self.working.remove(worker)
        self.events = deque((other, event) for other, event in self.events if other != worker)


def jobs(count: int) -> Chunks:
    return Chunks(range(count), lambda number: Chunk(number, ()))


def run(pool: Scripted, workers: int, count: int) -> list[int]:
    numbers = [result.number for result in dispatch(pool, workers, jobs(count))]
    assert not pool.working
    return numbers


@pytest.mark.parametrize(("workers", "count", "most"), [(1, 5, 1), (3, 5, 3), (9, 5, 5), (2, 0, 0)])
def test_each_chunk_is_done_once(workers, count, most):
    pool = Scripted()
    assert sorted(run(pool, workers, count)) == list(range(count))
    assert sorted(pool.given) == list(range(count))
    assert pool.started == pool.most == most


def test_a_lost_workers_chunk_goes_to_a_fresh_one():
    pool = Scripted(
        {2: [Lost("killed"), Lost("killed")], 4: [Lost("killed")], None: [Ready(), Lost("no memory")]}
    )
    assert sorted(run(pool, 2, 5)) == [0, 1, 2, 3, 4]
    assert pool.given.count(2) == 3
    assert pool.given.count(4) == 2
    assert pool.started == 2 + 4
    assert pool.most == 2


def test_a_chunk_that_kills_everybody_is_given_up():
    pool = Scripted({1: [Lost("status -9")] * TRIES})
    with pytest.raises(
        EvaluationFailed, match=r"3 workers were lost with chunk 1; the last: status -9.*--resume"
    ):
        run(pool, 2, 5)
    assert not pool.working


def test_workers_that_never_get_ready_are_given_up():
    pool = Scripted({None: [Lost("no memory")] * TRIES})
    with pytest.raises(
        EvaluationFailed, match="3 workers were lost before they were ready; the last: no memory"
    ):
        run(pool, 2, 5)
    assert not pool.working


def test_losses_long_ago_do_not_count():
    """Between them, workers got ready."""
    one_in_two = [Lost("gone"), Ready()] * 5
    pool = Scripted({None: one_in_two, **{number: [Lost("gone")] for number in range(4)}})
    assert sorted(run(pool, 1, 5)) == [0, 1, 2, 3, 4]


def test_an_error_of_the_model_or_the_data_ends_it_at_once():
    pool = Scripted({1: [BadConfig("The model returned nothing.")]})
    with pytest.raises(BadConfig, match="The model returned nothing"):
        run(pool, 2, 5)
    assert not pool.working
    assert pool.given.count(1) == 1


def test_closing_ends_all_workers():
    pool = Scripted()
    results = dispatch(pool, 3, jobs(9))
    next(results)
    assert pool.working
    results.close()
    assert not pool.working


def test_chunks_are_read_only_when_somebody_is_free():
    read = []
    pool = Scripted()
    results = dispatch(pool, 2, Chunks(range(9), lambda number: read.append(number) or Chunk(number, ())))
    next(results)
    assert len(read) <= 3
