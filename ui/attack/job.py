"""The attack that a tab watches, and the files that it leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable

from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.export.restored import restorable, restored_run
from malt_core.export.snapshot import Snapshot
from ui.attack import earlier, work
from ui.attack.downloads import Files
from ui.attack.link import AttackSettings
from ui.attack.question import truth_of
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.session import queue
from ui.compute.task import Task
from ui.pictures.picture import Picture

LONGEST_DOWNLOAD = 300.0  # seconds


def attack_job(task: Task, chosen: AttackSettings, image: Picture) -> Job:
    """This tab's attack job."""
    return task.job(load=load_model(chosen.model), work=work.attack(chosen, image))


def compute_again(task: Task, key: str) -> None:
    """Have the next attack_job of that key compute it, kept or not; for callbacks."""
    earlier.drop(key)
    queue().forget(key)
    task.leave()
    task.start(key)


def kept_run(key: str, snapshot: Snapshot) -> Callable[[], AttackRun | None]:
    """What returns the run of a result without attacking, None where too little of it is kept. Needs torch.

    key: see work.attack_key.
    """
    jobs, shown = queue(), earlier.recall(key)

    def find() -> AttackRun | None:
        if shown is not None and shown.bundle is not None:
            return shown.bundle.run()
        kept = jobs.recall(key)
        if kept is not None and kept.state == "done":
            return kept.events[-1].run
        return restored_run(snapshot) if restorable(snapshot) else None

    return find


def files_of(key: str, chosen: AttackSettings, image: Picture, snapshot: Snapshot) -> Files:
    """The downloads that take a moment: made on click of what is kept of the run, or by running again."""
    jobs, truth, find = queue(), truth_of(chosen), kept_run(key, snapshot)
    how = {"load": load_model(chosen.model), "work": work.attack(chosen, image)}

    def again() -> AttackRun:
        watcher = f"download {time.monotonic()}"
        job = jobs.submit(key, watcher, **how)
        until = time.monotonic() + LONGEST_DOWNLOAD
        while not job.finished and time.monotonic() < until:
            time.sleep(0.05)
        jobs.leave(job, watcher)
        if job.state != "done":
            raise RuntimeError(job.error or "The run took too long.")
        return job.events[-1].run

    return drawn(lambda: find() or again(), truth)


def drawn(run: Callable[[], AttackRun], truth: Truth) -> Files:
    """The downloads of a run."""

    def compute(name: str, text: str | None = None) -> bytes:
        from malt_core.export.formats import FORMATS, Publication
        from malt_core.images.arrays import npy_bytes

        if name == "adversarial.npy":
            return npy_bytes(run().result.adversarial)
        return FORMATS[name].make(Publication(run(), truth, text))

    return compute
