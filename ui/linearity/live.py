"""What the page shows of a measurement: while it runs, at its end, stopped, or the stored one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from malt_core.explanations.straightness_types import Doing
from malt_core.images.gallery import find_photo
from malt_core.networks import network_info
from ui.compute.task import Task
from ui.linearity import glossary, work
from ui.linearity.example import stored_linearity
from ui.linearity.job import linearity_job
from ui.linearity.link import LinearitySettings
from ui.linearity.result import show_found
from ui.pictures.picture import Picture
from ui.widgets.embed import say_origin
from ui.widgets.markdown import plain
from ui.widgets.waiting import watch

EVERY = 1.5  # seconds: all figures are drawn again


def show_measured(task: Task, chosen: LinearitySettings, picture: Picture, *, retry: bool) -> None:
    """Draw the measurement that was started. retry: even if it has failed."""
    job = linearity_job(task, chosen, picture, retry=retry)
    if job.state == "done":
        if task.remembered:
            st.caption(glossary.FROM_MEMORY)
        elif task.by_link:
            st.caption(glossary.BY_LINK)
        _draw(job.events, whole=True)
    elif job.finished:
        st.error(job.error)
        _draw(job.events, whole=True)
    else:
        with st.container(key="running"), st.container():
            watch(
                task,
                job,
                _progress,
                lambda events: _draw(events, whole=False),
                every=EVERY,
                note=glossary.PATIENCE,
            )


def show_unmeasured(task: Task, chosen: LinearitySettings, picture: Picture | None) -> None:
    """Draw what was stopped, or else the stored measurement, and say what it is."""
    stopped = task.stopped(work.key_of(chosen, picture)) if picture else []
    if work.measured(stopped):
        st.info(glossary.STOPPED)
        _draw(stopped, whole=True)
        return
    stored = stored_linearity()
    if chosen == stored.settings:
        say_origin(glossary.EXAMPLE_OF_THIS)
    else:
        name = find_photo(stored.settings.photo).title
        st.caption(glossary.EXAMPLE.format(picture=name, eps=stored.settings.epsilon))
    show_found(stored.found, whole=True)


def _progress(events: Sequence[work.Event]) -> tuple[str, float]:
    doing = [event for event in events if isinstance(event, Doing)]
    return (doing[-1].what, doing[-1].share) if doing else ("Looking at the picture …", 0.0)


def _draw(events: Sequence[work.Event], *, whole: bool) -> None:
    for event in events:
        if isinstance(event, work.LeftOut):
            left = glossary.LEFT_OUT.format(network=network_info(event.model).title, reason=event.reason)
            st.caption(plain(left))
    if found := work.measured(events):
        show_found(found, whole=whole)
