"""An evaluation drawn while it runs."""

from __future__ import annotations

import streamlit as st

from ui.benchmark import glossary
from ui.benchmark.work import progress
from ui.compute.jobs import Job
from ui.compute.task import Task
from ui.widgets.waiting import watch


def show_running(task: Task, job: Job) -> None:
    """Draw the run's progress."""
    with st.container(key="running"), st.container():
        watch(
            task,
            job,
            lambda events: progress(events, st.session_state.benchmark_total),
            note=glossary.MEANWHILE,
        )
