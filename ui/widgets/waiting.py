"""What a page shows while its job waits and runs: its place in the line, its progress, and Stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ui.address import sync
from ui.compute.jobs import Job
from ui.compute.session import queue
from ui.compute.task import Task
from ui.widgets.take_away import growing

EVERY = 0.4  # seconds between two looks at a job
PREPARED = 0.1  # of the one bar: where loading ends and the work begins


def waiting_sentence(ahead: int, *, long: bool = False) -> str:
    """A place in the line, in words. long: among races and evaluations."""
    if long:
        if ahead == 0:
            return "Other people's evaluations and races are running; yours is next and starts by itself."
        others = "1 other waits" if ahead == 1 else f"{ahead} others wait"
        return f"{others} for a race or an evaluation ahead of you; yours starts by itself."
    if ahead == 0:
        return "You are next: as many attacks run as this computer can take."
    return f"{ahead} {'attack is' if ahead == 1 else 'attacks are'} ahead of yours; it starts by itself."


def show_wait(job: Job) -> bool:
    """Draw what a job waits for, or return that it waits for nothing."""
    if job.state == "loading":
        st.progress(PREPARED * (job.share or 0.0), text=job.note or "Preparing …")
    elif job.state == "waiting":
        st.progress(PREPARED, text=waiting_sentence(queue().ahead(job), long=job.long))
    return job.state in ("loading", "waiting")


def show_aside(task: Task) -> None:
    """Say that something goes on, though Back or Forward has brought the page to other settings."""
    aside = task.aside
    if aside is None:
        return
    with st.container(key="aside", horizontal=True, vertical_alignment="center"):
        st.markdown("What you started goes on, with the settings that you came from.", width="content")
        st.button("Show it", on_click=sync.lead_to, args=(task.page, aside.address))
        st.button("Stop it", on_click=task.stop_aside)


def watch(
    task: Task,
    job: Job,
    progress: Callable[[Sequence[Any]], tuple[str, float]],
    draw: Callable[[Sequence[Any]], None] = lambda events: None,
    *,
    every: float = EVERY,
    note: str = "",
) -> None:
    """Draw a job again and again until it ends, then run the page once more.

    progress: what its events so far say, in a sentence, and how far it is, from 0 to 1. draw: what to show of
    them. note: a word below the progress.
    """

    @st.fragment(run_every=every)
    def look() -> None:
        if job.finished or not task.watches(job):  # another tab may go on with what this one has stopped
            st.rerun()
        events = job.events[:]
        if not show_wait(job):
            sentence, share = progress(events)
            st.progress(PREPARED + (1 - PREPARED) * share, text=sentence)
        st.button("Stop", icon=":material/stop_circle:", key="stop", on_click=task.stop)
        if task.by_link:
            st.caption("The link that you opened asks for this: it has started by itself.")
        if note:
            st.caption(note)
        with growing():
            draw(events)

    look()
