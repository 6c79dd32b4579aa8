"""What all tabs share (the queue, the models), and what one tab watches."""

from __future__ import annotations

import atexit
import uuid

import streamlit as st

from ui.compute.jobs import Job, JobQueue
from ui.compute.model_shelf import ModelShelf

# Seconds. A thread that is inside PyTorch when Python goes can abort the process, or keep it from ending.
PATIENCE_AT_EXIT = 5


@st.cache_resource(show_spinner=False)
def queue() -> JobQueue:
    """The one queue of the process."""
    made = JobQueue()
    atexit.register(made.close, PATIENCE_AT_EXIT)
    return made


@st.cache_resource(show_spinner=False)
def shelf() -> ModelShelf:
    """The one shelf of models; the first call starts loading PyTorch in the background."""
    made = ModelShelf()
    atexit.register(made.close, PATIENCE_AT_EXIT)
    return made


class Tab:
    """One browser tab: the job that it watches for each purpose."""

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex
        self.jobs: dict[str, Job] = {}

    def watch(self, purpose: str, key: str, *, anew: bool = False, **how) -> Job:
        """The job of that key, submitted if need be; the one watched so far for this purpose is left.

        anew: compute again what has ended. how: as in JobQueue.submit.
        """
        job = self.jobs.get(purpose)
        if job is not None and job.key == key and anew and job.finished:
            queue().forget(key)
            job = None
        if job is None or job.key != key or job.state == "cancelled":
            self.leave(purpose)
            job = self.jobs[purpose] = queue().submit(key, self.name, **how)
        return job

    def leave(self, purpose: str) -> None:
        """Stop watching; nobody else watching, the work stops."""
        if job := self.jobs.pop(purpose, None):
            queue().leave(job, self.name)

    def rename(self, purpose: str, other: str) -> None:
        """Watch for another purpose what is watched for this one."""
        if job := self.jobs.pop(purpose, None):
            self.jobs[other] = job

    def leave_all(self) -> None:
        """The tab is closed."""
        for purpose in list(self.jobs):
            self.leave(purpose)


@st.cache_resource(scope="session", on_release=Tab.leave_all, show_spinner=False)
def tab() -> Tab:
    """This tab."""
    return Tab()
