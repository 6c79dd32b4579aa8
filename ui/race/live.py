"""A race drawn while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core.race import words
from malt_core.race.timeline import race_of
from ui.compute.jobs import Job
from ui.compute.task import Task
from ui.race import glossary
from ui.race.link import RaceSettings
from ui.race.pictures import Entry
from ui.race.replay import show_replay
from ui.race.result import show_race, show_table, shown_of
from ui.race.work import race_events
from ui.widgets.waiting import watch

EVERY = 0.8  # seconds


def show_running(task: Task, job: Job, chosen: RaceSettings, entries: Sequence[Entry]) -> None:
    """Draw a race that runs, or that could not go on."""

    def draw(events: Sequence[Any]) -> None:
        if shown := shown_of(events, chosen, entries, going_on=True):
            show_replay(shown.record, shown.images, going_on=True)
            show_table(shown.record)

    def progress(events: Sequence[Any]) -> tuple[str, float]:
        share, sentence = words.progress(race_of(race_events(events), chosen.lanes, going_on=True))
        return sentence, share

    if job.finished:
        st.error(job.error)
        if shown := shown_of(job.events, chosen, entries):
            show_race(shown)
        return
    with st.container(key="running"), st.container():
        watch(task, job, progress, draw, every=EVERY, note=glossary.PATIENCE)
