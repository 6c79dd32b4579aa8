"""What the page shows of a run: while it goes on, at its end, stopped, or the stored one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core.answers import words
from malt_core.images.gallery import find_photo
from malt_core.networks import network_info
from ui.answers import glossary, work
from ui.answers.example import stored_answers
from ui.answers.job import answers_job
from ui.answers.link import AnswersSettings
from ui.answers.result import show_known
from ui.compute.task import Task
from ui.pictures.picture import Picture
from ui.widgets.embed import say_origin
from ui.widgets.waiting import watch

EVERY = 1.0  # seconds


def show_started(task: Task, chosen: AnswersSettings, picture: Picture, *, retry: bool) -> None:
    """Draw the run that was started. retry: even if it has failed."""
    job = answers_job(task, chosen, picture, retry=retry)

    def draw(events: Sequence[Any], *, whole: bool = False) -> None:
        if known := work.known(events, chosen, picture.name):
            show_known(known, whole=whole)

    def progress(events: Sequence[Any]) -> tuple[str, float]:
        known = work.known(events, chosen, picture.name)
        return words.progress(known.record) if known else ("Asking about the picture …", 0.0)

    if job.state == "done":
        if task.remembered:
            st.caption(glossary.FROM_MEMORY)
        elif task.by_link:
            st.caption(glossary.BY_LINK)
        draw(job.events, whole=True)
    elif job.finished:
        st.error(job.error)
        draw(job.events, whole=True)
    else:
        with st.container(key="running"), st.container():
            watch(task, job, progress, draw, every=EVERY, note=glossary.PATIENCE)


def show_unstarted(task: Task, chosen: AnswersSettings, picture: Picture | None) -> None:
    """Draw what was stopped, or else the stored run, and say what it is."""
    if picture is not None:
        stopped = task.stopped(work.key_of(chosen, picture))
        if known := work.known(stopped, chosen, picture.name):
            st.info(glossary.STOPPED)
            show_known(known, whole=True)
            return
    stored = stored_answers()
    if chosen == stored.settings:
        say_origin(glossary.EXAMPLE_OF_THIS)
    else:
        of = stored.settings
        said = glossary.EXAMPLE.format(
            picture=find_photo(of.photo).title,
            network=network_info(of.model).title.partition(",")[0],
            eps=of.epsilon,
            queries=of.queries,
        )
        st.caption(said)
    show_known(stored.known, whole=True)
