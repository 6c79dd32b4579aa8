"""A race drawn while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core.attacks.catalogue import AttackId
from malt_core.race import words
from malt_core.race.timeline import race_of
from malt_core.types import ModelInfo
from ui.compute.jobs import Job
from ui.compute.task import Task
from ui.race.result import show_charts, show_pictures, show_race
from ui.widgets.waiting import watch

EVERY = 0.8  # seconds; two charts are drawn anew


def show_running(
    task: Task, job: Job, names: Sequence[AttackId], pictures: Sequence[str], info: ModelInfo
) -> None:
    """Draw a race that runs, or that could not go on. names: of the lanes; pictures: their names."""

    def draw(events: Sequence[Any]) -> None:
        race = race_of(events, names, going_on=True)
        if race.line_up is not None:
            show_charts(race)
            show_pictures(race, pictures, info)

    def progress(events: Sequence[Any]) -> tuple[str, float]:
        share, sentence = words.progress(race_of(events, names, going_on=True))
        return sentence, share

    if job.finished:
        st.error(job.error)
        if job.events:
            show_race(job.events, names, pictures, info)
        return
    with st.container(key="running"), st.container():
        watch(task, job, progress, draw, every=EVERY)
