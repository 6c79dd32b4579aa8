"""The evaluation that a tab runs: started, stopped, and its reports taken over."""

from __future__ import annotations

import streamlit as st

from ui.benchmark import glossary, store
from ui.benchmark.work import SmallRun, reports_of
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.task import Task


def start(task: Task, run: SmallRun) -> None:
    """Run it for this tab, but for what has been evaluated before; what it ran so far is stopped."""
    task.start(run.key)
    take_over(task)
    found = store.found()
    st.session_state.benchmark_total = len(run.configs)
    st.session_state.benchmark_note = glossary.REMEMBERED if run.done(found) == run.images else ""
    store.complaints().clear()
    task.job(load=load_model(run.model), work=lambda model: run.work(model, found), long=True)


def go_on(task: Task, run: SmallRun | None, key: str) -> None:
    """Go on with what was being computed under this key when the page was loaded again."""
    if run is not None and run.key == key:
        start(task, run)
    elif key:
        store.complaints().append(glossary.UNDER_WAY)


def running(task: Task) -> Job | None:
    """This tab's run while it is under way. One that has ended leaves its reports."""
    take_over(task)
    job = task.current
    if job is None or not job.finished:
        return job
    if job.state == "failed":
        store.complaints().append(job.error)
    store.keep(reports_of(job.events[:]), own=True)
    task.leave()
    return None


def take_over(task: Task) -> None:
    """Keep the reports of what was stopped."""
    if events := task.stopped():
        store.keep(reports_of(events), own=True)
        task.forget_stopped()
