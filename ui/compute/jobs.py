"""One thread computes for everybody: a few jobs take turns, the rest wait in line.

A job is a generator of events. Each active job advances for a tenth of a second, then it is the next
one's turn, so that the first progress of a short job does not wait for the end of a long one. Jobs are
shared by key: thirty people who ask for the same thing cause one computation. When the last of those
who watch a job leaves, its generator is closed, and the work really stops. Long jobs (races, evaluations)
never take all turns from the short ones.

Nothing here knows about Streamlit or torch.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Any, Literal

from malt_core.errors import MaltError

log = logging.getLogger(__name__)

State = Literal["loading", "waiting", "running", "done", "failed", "cancelled"]
Report = Callable[[str, float | None], None]
APOLOGY = "Something went wrong on our side, and it has been noted. Your settings are fine; please try again."


class Cancelled(Exception):
    """Raised inside a job's loading, through its report function, once nobody waits for it."""


class Job:
    """One computation that pages watch; only the queue changes it.

    key: equal keys mean the same computation. state: see State; the last three are final.
    note, share: while loading, what happens now and how much of it is done (0 to 1, None if unknown).
    events: everything the generator has yielded so far; it only ever grows, so a reader may
        slice it at any time. error: for people, set when failed. quick, long: see JobQueue.submit.
    """

    def __init__(
        self,
        key: str,
        load: Callable[[Report], Any],
        work: Callable[[Any], Iterator[Any]],
        *,
        quick: bool,
        long: bool,
    ):
        self.key = key
        self.state: State = "loading"
        self.note = ""
        self.share: float | None = None
        self.events: list[Any] = []
        self.error = ""
        self.watchers: set[str] = set()
        self.quick, self.long = quick, long
        self._load, self._work = load, work
        self._resource: Any = None
        self._iterator: Iterator[Any] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")

    def report(self, note: str, share: float | None = None) -> None:
        """Take a progress message from the loading; raises Cancelled if nobody waits any more."""
        if self.state == "cancelled":
            raise Cancelled
        self.note, self.share = note, share

    def prepare(self) -> None:
        """Run the loading (in a thread of its own)."""
        self._resource = self._load(self.report)

    def advance(self, seconds: float) -> bool:
        """Work for about so long; True once the generator has ended. Stops early if cancelled."""
        if self._iterator is None:
            self._iterator = iter(self._work(self._resource))
        until = time.monotonic() + seconds
        while self.state == "running":
            try:
                self.events.append(next(self._iterator))
            except StopIteration:
                return True
            if time.monotonic() >= until:
                break
        return False

    def release(self) -> None:
        """Close the generator and let go of what was loaded."""
        iterator, self._iterator, self._resource = self._iterator, None, None
        del self._load, self._work
        if iterator is not None and hasattr(iterator, "close"):
            iterator.close()


class JobQueue:
    """Jobs by key, computed by one thread in turns.

    active: how many take turns at a time; long: how many of them may be long ones. keep: how many finished
    jobs stay, the least recently used going first. slice_seconds: length of a turn.
    """

    def __init__(self, *, active: int = 4, long: int = 2, keep: int = 64, slice_seconds: float = 0.1):
        self._limit, self._long_limit, self._keep, self._slice = active, long, keep, slice_seconds
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._done: OrderedDict[str, Job] = OrderedDict()
        self._line: deque[Job] = deque()
        self._active: list[Job] = []
        self._closed = False
        self._thread = threading.Thread(target=self._compute, name="compute", daemon=True)
        self._thread.start()

    def submit(
        self,
        key: str,
        watcher: str,
        *,
        load: Callable[[Report], Any],
        work: Callable[[Any], Iterator[Any]],
        quick: bool = False,
        long: bool = False,
    ) -> Job:
        """The job of that key, started if it is neither known nor under way; watcher now watches it.

        load runs in a thread of its own, since it may download for minutes, and what it returns goes to
        work, whose generator runs in the compute thread. quick: takes its turns at once, whatever the line,
        and is not worth keeping. long: takes minutes, and waits while enough of its kind run.
        """
        with self._changed:
            if done := self._recall(key):
                return done
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = Job(key, load, work, quick=quick, long=long)
                threading.Thread(target=self._load, args=(job,), name="load", daemon=True).start()
            job.watchers.add(watcher)
            return job

    def recall(self, key: str) -> Job | None:
        """The job of that key if it has ended well and is still kept."""
        with self._changed:
            return self._recall(key)

    def forget(self, key: str) -> None:
        """Drop a finished job, so that the next submit computes anew."""
        with self._changed:
            self._done.pop(key, None)

    def leave(self, job: Job, watcher: str) -> None:
        """The watcher is no longer interested; the job stops if it was the last one."""
        with self._changed:
            job.watchers.discard(watcher)
            if job.watchers or job.finished:
                return
            self._end(job, "cancelled")
            if job in self._line:
                self._line.remove(job)
            self._changed.notify_all()

    def ahead(self, job: Job) -> int:
        """How many waiting jobs come before this one; before a long one, only others of its kind."""
        with self._changed:
            line = [other for other in self._line if other.long or not job.long]
            return line.index(job) if job in line else 0

    def counts(self) -> dict[str, int]:
        """How many jobs are running, waiting and kept."""
        with self._changed:
            return {"running": len(self._active), "waiting": len(self._line), "kept": len(self._done)}

    def close(self, patience: float | None = None) -> None:
        """Cancel every job, close every generator, and return once the compute thread has ended.

        patience: wait no longer than so many seconds; None: for as long as it takes.
        """
        with self._changed:
            self._closed = True
            self._line.clear()
            for job in list(self._jobs.values()):
                self._end(job, "cancelled")
            self._changed.notify_all()
        self._thread.join(patience)

    def _recall(self, key: str) -> Job | None:
        job = self._done.get(key)
        if job is not None:
            self._done.move_to_end(key)
        return job

    def _load(self, job: Job) -> None:
        """Body of a loading thread."""
        try:
            job.prepare()
        except Exception as error:  # one job's failure is nobody else's
            with self._changed:
                self._fail(job, error)
            return
        with self._changed:
            if job.state == "cancelled":
                job.release()
                return
            job.state = "waiting"
            self._line.append(job)
            self._changed.notify_all()

    def _compute(self) -> None:
        """Body of the compute thread."""
        while True:
            with self._changed:
                self._admit()
                while not self._active and not self._closed:
                    self._changed.wait()
                    self._admit()
                turn = list(self._active)
                if self._closed:
                    break
            for job in turn:
                self._take_turn(job)
        for job in turn:
            self._drop(job)

    def _admit(self) -> None:
        """Move jobs from the line to the active ones, as far as there is room."""
        for job in list(self._line):
            ordinary = sum(not other.quick for other in self._active)
            long = sum(other.long for other in self._active)
            if job.quick or (ordinary < self._limit and not (job.long and long >= self._long_limit)):
                self._line.remove(job)
                job.state = "running"
                self._active.append(job)

    def _take_turn(self, job: Job) -> None:
        try:
            ended = job.advance(self._slice)
        except Exception as error:  # one job's failure is nobody else's
            with self._changed:
                self._fail(job, error)
            ended = False
        if not ended and not job.finished:
            return
        with self._changed:
            if not job.finished:
                self._end(job, "done")
        self._drop(job)

    def _drop(self, job: Job) -> None:
        """Take a job that has ended out of the turns."""
        try:
            job.release()
        except Exception:
            log.exception("closing a job failed")
        with self._changed:
            self._active.remove(job)

    def _fail(self, job: Job, error: Exception) -> None:
        if job.finished:
            return
        if not isinstance(error, MaltError):
            log.error("a job failed", exc_info=error)
        job.error = str(error) if isinstance(error, MaltError) else APOLOGY
        self._end(job, "failed")

    def _end(self, job: Job, state: State) -> None:
        """Set a final state; only what ended well is kept."""
        job.state = state
        self._jobs.pop(job.key, None)
        if state == "done" and not job.quick:
            self._done[job.key] = job
            while len(self._done) > self._keep:
                self._done.popitem(last=False)
