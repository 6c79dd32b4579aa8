"""The attack that a tab watches, and the files that it leaves behind."""

from __future__ import annotations

import time

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


def files_of(chosen: AttackSettings, image: Picture) -> Files:
    """The downloads that take a moment: computed on click, from the kept run or by running again."""
    jobs, key, truth = queue(), work.attack_key(chosen, image), truth_of(chosen)
    how = {"load": load_model(chosen.model), "work": work.attack(chosen, image)}

    def compute(name: str, text: str | None = None) -> bytes:
        from malt_core.export.formats import FORMATS, Publication
        from malt_core.images.arrays import npy_bytes

        watcher = f"download {time.monotonic()}"
        job = jobs.submit(key, watcher, **how)
        until = time.monotonic() + LONGEST_DOWNLOAD
        while not job.finished and time.monotonic() < until:
            time.sleep(0.05)
        jobs.leave(job, watcher)
        if job.state != "done":
            raise RuntimeError(job.error or "The run took too long.")
        run = job.events[-1].run
        if name == "adversarial.npy":
            return npy_bytes(run.result.adversarial)
        return FORMATS[name].make(Publication(run, truth, text))

    return compute
