"""The Benchmark page: reports of whole data sets compared, and small evaluations run."""

from __future__ import annotations

import streamlit as st

from ui import layout
from ui.benchmark import glossary, settings, store
from ui.benchmark.job import go_on, running, start
from ui.benchmark.link import BenchmarkSettings
from ui.benchmark.live import show_running
from ui.benchmark.result import show_kept
from ui.benchmark.zoo import show_zoo
from ui.compute.task import Task
from ui.widgets import form
from ui.widgets.embed import embedded

layout.open_page("How robust is a network?", glossary.INTRODUCTION)
complaints = form.follow(BenchmarkSettings).complaints
under_way = store.take_up()
left, right = layout.columns()
with left:
    run = settings.run_settings()
    pressed = form.start_button(BenchmarkSettings, "Evaluate", "evaluate", ready=run is not None)
    settings.outlook(run)
    settings.more_settings()
    settings.report_files()
pressed = st.session_state.pop("evaluate_now", False) or pressed
task = Task("benchmark")
if under_way:
    go_on(task, run, under_way)
if pressed and run is not None:
    start(task, run)
job = running(task)
store.leave(job.key if job else "")
chosen = form.current(BenchmarkSettings)
form.remember(chosen, run=False)

with right:
    layout.complain([*complaints, *([glossary.GONE] if under_way is None else [])])
    if job is not None:
        show_running(task, job)
    show_kept(waiting=job is not None, run=run)
    layout.show_link(layout.link_of(chosen, run=False), glossary.LINK, "")
    if not embedded():
        show_zoo()
if pressed:
    layout.scroll_to_running()
