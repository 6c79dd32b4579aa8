"""The job queue alone: turns, stopping, sharing, the line, failures."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import torch

from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig
from malt_core.errors import ModelUnavailable
from malt_core.types import Sample
from tests.helpers.example_run import network
from ui.compute.jobs import APOLOGY, Cancelled, Job, JobQueue

PATIENCE = 10.0


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "nothing happened in time"
        time.sleep(0.002)


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue(active=2, keep=3, slice_seconds=0.01)
    yield queue
    queue.close()


class Endless:
    """A generator of numbers that takes 1 ms each and notes how it was ended."""

    def __init__(self, ticks: list[str] | None = None, name: str = ""):
        self.closed = threading.Event()
        self.ticks, self.name = ticks if ticks is not None else [], name

    def __call__(self, _resource: object) -> Iterator[int]:
        number = 0
        try:
            while True:
                time.sleep(0.001)
                self.ticks.append(self.name)
                yield number
                number += 1
        except GeneratorExit:
            self.closed.set()
            raise


def nothing(_report: object) -> None:
    return None


def start(queue: JobQueue, key: str, work: Callable, watcher: str = "ann", **options) -> Job:
    return queue.submit(key, watcher, load=options.pop("load", nothing), work=work, **options)


def test_a_job_delivers_its_events_and_is_kept(queue: JobQueue) -> None:
    job = start(queue, "count", lambda resource: iter(resource), load=lambda report: [1, 2, 3])
    wait_for(lambda: job.finished)
    assert (job.state, job.events) == ("done", [1, 2, 3])
    assert queue.recall("count") is job
    assert start(queue, "count", Endless()) is job, "a kept result is not computed again"
    queue.forget("count")
    assert queue.recall("count") is None


def test_turns_are_fair(queue: JobQueue) -> None:
    ticks: list[str] = []
    jobs = [start(queue, name, Endless(ticks, name)) for name in "ab"]
    wait_for(lambda: ticks.count("a") > 100 and ticks.count("b") > 100)
    shares = sorted(ticks.count(name) for name in "ab")
    switches = sum(one != other for one, other in itertools.pairwise(ticks))
    assert shares[0] > 0.5 * shares[1]
    assert switches >= 8, "neither waits for the other's end"
    for job in jobs:
        queue.leave(job, "ann")


def test_leaving_stops_the_work(queue: JobQueue) -> None:
    work = Endless()
    job = start(queue, "a", work)
    wait_for(lambda: len(job.events) > 3)
    queue.leave(job, "ann")
    assert work.closed.wait(PATIENCE), "the generator saw GeneratorExit"
    count = len(work.ticks)
    assert job.state == "cancelled"
    wait_for(lambda: queue.counts() == {"running": 0, "waiting": 0, "kept": 0})
    assert len(work.ticks) == count, "not one more step after the end"
    again = start(queue, "a", lambda _: iter([7]))
    assert again is not job, "a cancelled job is forgotten"
    wait_for(lambda: again.state == "done")


def test_people_share_a_job_and_the_last_one_stops_it(queue: JobQueue) -> None:
    work = Endless()
    first, second = start(queue, "a", work, "ann"), start(queue, "a", Endless(), "bob")
    assert first is second
    wait_for(lambda: len(first.events) > 3)
    queue.leave(first, "ann")
    seen = len(first.events)
    wait_for(lambda: len(first.events) > seen + 3)
    assert not work.closed.is_set(), "bob still watches"
    queue.leave(first, "bob")
    assert work.closed.wait(PATIENCE)


def test_the_line_is_bounded_and_the_place_is_true(queue: JobQueue) -> None:
    running = [start(queue, f"r{i}", Endless()) for i in range(2)]
    wait_for(lambda: all(job.state == "running" for job in running))
    waiting = []
    for i in range(3):
        waiting.append(start(queue, f"w{i}", Endless()))
        wait_for(lambda: waiting[-1].state == "waiting")
    assert [queue.ahead(job) for job in waiting] == [0, 1, 2]
    assert queue.counts() == {"running": 2, "waiting": 3, "kept": 0}
    queue.leave(waiting[0], "ann")
    assert [queue.ahead(job) for job in waiting[1:]] == [0, 1]
    queue.leave(running[0], "ann")
    wait_for(lambda: waiting[1].state == "running")
    assert waiting[2].state == "waiting"
    assert queue.ahead(waiting[2]) == 0
    assert not waiting[2].events
    for job in (running[1], waiting[1], waiting[2]):
        queue.leave(job, "ann")


def test_a_quick_job_does_not_wait(queue: JobQueue) -> None:
    jobs = [start(queue, f"r{i}", Endless()) for i in range(3)]
    quick = start(queue, "glance", lambda _: iter(["cat"]), quick=True)
    wait_for(lambda: quick.state == "done")
    assert queue.recall("glance") is None, "nor does it push results out of the store"
    for job in jobs:
        queue.leave(job, "ann")


def test_long_jobs_leave_room_for_short_ones_and_come_in_order() -> None:
    queue = JobQueue(active=3, long=1, slice_seconds=0.01)
    first = start(queue, "race", Endless(), long=True)
    wait_for(lambda: first.state == "running")
    waiting = []
    for name in ("evaluation", "another race"):
        waiting.append(start(queue, name, Endless(), long=True))
        wait_for(lambda: waiting[-1].state == "waiting")
    short = start(queue, "attack", Endless())
    wait_for(lambda: short.state == "running")
    assert [queue.ahead(job) for job in waiting] == [0, 1]
    queue.leave(first, "ann")
    wait_for(lambda: waiting[0].state == "running")
    assert waiting[1].state == "waiting"
    assert queue.ahead(waiting[1]) == 0
    queue.close()


def test_failures_stay_alone(queue: JobQueue, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_resource: object) -> Iterator[int]:
        yield 1
        raise ValueError("secret detail")

    def refused(_report: object) -> None:
        raise ModelUnavailable("The weights could not be downloaded: put them there.")

    healthy = start(queue, "healthy", Endless())
    with caplog.at_level(logging.ERROR):
        job = start(queue, "broken", broken)
        wait_for(lambda: job.finished)
    assert (job.state, job.error, job.events) == ("failed", APOLOGY, [1])
    assert "secret detail" in caplog.text, "the traceback is logged, not shown"

    unloadable = start(queue, "refused", Endless(), load=refused)
    wait_for(lambda: unloadable.finished)
    assert (unloadable.state, unloadable.error) == (
        "failed",
        "The weights could not be downloaded: put them there.",
    )
    retried = start(queue, "refused", lambda _: iter([1]))
    wait_for(lambda: retried.state == "done")

    seen = len(healthy.events)
    wait_for(lambda: len(healthy.events) > seen + 3)
    queue.leave(healthy, "ann")


def test_loading_blocks_nobody_and_can_be_abandoned(queue: JobQueue) -> None:
    go_on, ended = threading.Event(), threading.Event()

    def slow(report: Callable[[str, float | None], None]) -> None:
        try:
            while True:
                report("12 of 90 MB", 0.13)
                go_on.wait(0.005)
        finally:
            ended.set()

    job = start(queue, "slow", Endless(), load=slow)
    wait_for(lambda: job.note == "12 of 90 MB" and job.share == 0.13)
    other = start(queue, "other", lambda _: iter([1]))
    wait_for(lambda: other.state == "done")
    assert job.state == "loading"
    queue.leave(job, "ann")
    assert ended.wait(PATIENCE), "the loading was told to stop"
    assert job.state == "cancelled"
    assert not job.error


def test_only_the_latest_results_are_kept(queue: JobQueue) -> None:
    for name in "abc":
        start(queue, name, lambda _: iter([1]))
        wait_for(lambda name=name: queue.recall(name) is not None)
    assert queue.recall("a") is not None, "and that makes it the latest used"
    start(queue, "d", lambda _: iter([1]))
    wait_for(lambda: queue.recall("d") is not None)
    assert [queue.recall(name) is not None for name in "abcd"] == [True, False, True, True]
    assert queue.counts()["kept"] == 3


def test_closing_the_queue_closes_the_generators() -> None:
    queue, work = JobQueue(active=1, slice_seconds=0.01), Endless()
    job = start(queue, "a", work)
    wait_for(lambda: len(job.events) > 1)
    queue.close()
    assert work.closed.is_set()


def test_closing_the_queue_ends_what_loads_and_what_waits() -> None:
    queue, told = JobQueue(active=1, slice_seconds=0.01), threading.Event()

    def load(report) -> None:
        try:
            while True:
                report("loading", None)
                time.sleep(0.01)
        except Cancelled:
            told.set()
            raise

    loads = queue.submit("a", "ann", load=load, work=Endless())
    runs = start(queue, "b", Endless())
    wait_for(lambda: runs.state == "running")
    waits = start(queue, "c", Endless())
    wait_for(lambda: waits.state == "waiting")
    queue.close(patience=PATIENCE)
    assert [job.state for job in (loads, runs, waits)] == ["cancelled"] * 3
    assert told.wait(PATIENCE)


def test_attacks_in_turns_give_the_same_results_as_alone() -> None:
    """Three attacks on a real network, interleaved event by event, against each one alone."""
    model = network(8)
    config = AttackConfig(eps=2 / 255, n_targets=3, n_iter=20)

    def sample(seed: int) -> Sample:
        x = torch.randint(0, 256, (3, 8, 8), generator=torch.Generator().manual_seed(seed)).float() / 255
        return Sample(x=x, name="noise", digest="")

    def results(active: int) -> list[list]:
        # Never in this thread: how many threads torch uses, and so the last digits, can differ there.
        queue = JobQueue(active=active, slice_seconds=0)
        jobs = [
            start(queue, f"attack {seed}", lambda _, seed=seed: attack(model, sample(seed), config))
            for seed in range(3)
        ]
        wait_for(lambda: all(job.finished for job in jobs))
        queue.close()
        return [job.events for job in jobs]

    alone, in_turns = results(1), results(3)
    for found, events in zip(in_turns, alone, strict=True):
        assert found[:-1] == events[:-1]
        assert torch.equal(found[-1].result.adversarial, events[-1].result.adversarial)
    assert alone[0][:-1] != alone[1][:-1], "they differ, so the comparison says something"
