"""The Benchmark page: reports of whole data sets compared, and small evaluations run."""

from __future__ import annotations

import streamlit as st

from ui import layout
from ui.benchmark import glossary, settings
from ui.benchmark.job import running, start
from ui.benchmark.link import BenchmarkSettings
from ui.benchmark.live import show_running
from ui.benchmark.result import show_kept
from ui.compute.task import Task
from ui.widgets import form

layout.open_page("How robust is a model?", glossary.INTRODUCTION)
complaints = form.follow(BenchmarkSettings).complaints
left, right = layout.columns()
with left:
    settings.report_files()
    st.markdown("#### Or evaluate here", anchors=False)
    run = settings.run_settings()
    pressed = st.button("Evaluate", type="primary", width="stretch", disabled=run is None, key="evaluate")
    settings.more_settings()
form.remember(form.current(BenchmarkSettings), run=False)
task = Task("benchmark")
if pressed and run is not None:
    start(task, run)
job = running(task)

with right:
    layout.complain(complaints)
    if job is not None:
        show_running(task, job)
    show_kept(waiting=job is not None)
if pressed:
    layout.scroll_to_running()
