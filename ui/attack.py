"""The attack that a tab watches, and the files that it leaves behind."""

from __future__ import annotations

import time
from typing import Any

from malt_core.export import html
from ui import work
from ui.jobs import Job
from ui.link import Settings
from ui.result import Files
from ui.runtime import queue, seat, shelf
from ui.work import Picture

LONGEST_DOWNLOAD = 300.0  # seconds


def attack_job(chosen: Settings, image: Picture, *, anew: bool = False) -> Job:
    """This tab's attack job for these settings, submitted if need be. anew: not a kept result."""
    return seat().watch("attack", work.attack_key(chosen, image), anew=anew, **_how(chosen, image))


def files_of(chosen: Settings, image: Picture) -> Files:
    """The downloads that take a moment: computed on click, from the kept run or by running again."""
    jobs, how, key = queue(), _how(chosen, image), work.attack_key(chosen, image)

    def compute(name: str) -> bytes:
        from malt_core.attack_run import poster

        watcher = f"download {time.monotonic()}"
        job = jobs.submit(key, watcher, **how)
        until = time.monotonic() + LONGEST_DOWNLOAD
        while not job.finished and time.monotonic() < until:
            time.sleep(0.05)
        jobs.leave(job, watcher)
        if job.state != "done":
            raise RuntimeError(job.error or "The run took too long.")
        run = job.events[-1].run
        return poster.figure_png(run) if name == "figure.png" else html.run_html(run).encode()

    return compute


def _how(chosen: Settings, image: Picture) -> dict[str, Any]:
    return {"load": work.load_model(shelf(), chosen.model), "work": work.attack(chosen, image)}
