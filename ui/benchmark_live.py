"""The evaluation that a tab runs: started, watched, stopped, and its reports taken over."""

from __future__ import annotations

import streamlit as st

from ui import benchmark_store as store
from ui import work
from ui.benchmark_run import SmallRun, progress, reports_of
from ui.jobs import Job
from ui.live import EVERY, show_wait
from ui.runtime import places, seat, shelf


def start(run: SmallRun) -> None:
    """Run it for this tab, unless somebody has run the same just before; what it ran so far is stopped."""
    job = seat().jobs.get("benchmark")
    if job is not None and job.key != run.key:
        _take_over(job)
    st.session_state.benchmark_total = len(run.configs)
    store.complaints().clear()
    load = work.load_in_place(shelf(), run.model, places())
    seat().watch("benchmark", run.key, load=load, work=run.work)


def running() -> Job | None:
    """This tab's run while it is under way. One that has ended leaves its reports."""
    job = seat().jobs.get("benchmark")
    if job is None or not job.finished:
        return job
    if job.state == "failed":
        store.complaints().append(job.error)
    _take_over(job)
    return None


def _take_over(job: Job) -> None:
    store.keep(reports_of(job.events[:]), own=True)
    seat().leave("benchmark")


def _stop() -> None:
    if job := seat().jobs.get("benchmark"):
        _take_over(job)


@st.fragment(run_every=EVERY)
def watch(job: Job) -> None:
    """Draw the run's progress, again and again until it ends, then run the page once more."""
    if job.finished or seat().jobs.get("benchmark") is not job:
        st.rerun()
    if not show_wait(job):
        sentence, share = progress(job.events[:], st.session_state.benchmark_total)
        st.progress(share, text=sentence)
    st.button("Stop", icon=":material/stop_circle:", key="stop_benchmark", on_click=_stop)
    st.caption("You may turn to other pages meanwhile. **Stop** keeps what is done.")
