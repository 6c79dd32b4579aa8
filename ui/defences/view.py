"""The right side of the Defences page: what was started, else what was stopped or the example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from malt_core.datasets.in_memory import InMemoryData
from malt_core.defence_run import words
from ui.compute.loading import load_torch
from ui.compute.task import Task
from ui.defences import glossary, result, work
from ui.defences.example import stored_defences
from ui.defences.link import DefencesSettings
from ui.widgets.below import draw_below
from ui.widgets.embed import say_origin
from ui.widgets.markdown import plain
from ui.widgets.waiting import watch

EVERY = 0.8  # seconds between two looks at what grows


@dataclass(frozen=True)
class View:
    """One view of the page with its settings. key: of what is computed, None for nothing to compute.

    work: for the queue; draw: what its events show; progress: what they say, and how far it is; example:
    draws what is stored.
    """

    key: str | None
    work: Callable[[Any], Any] | None
    draw: Callable[[Sequence[Any]], None]
    progress: Callable[[Sequence[Any]], tuple[str, float]]
    example: Callable[[], None]
    seconds: int


def show_started(task: Task, view: View, *, retry: bool) -> None:
    """Draw what was started. retry: even if it has failed."""
    job = task.job(load=load_torch(), work=view.work, anew=retry and task.failed, long=True)
    if job.state == "done":
        if task.remembered:
            st.caption(glossary.FROM_MEMORY)
        if any(isinstance(event, work.TimeIsUp) for event in job.events):
            st.info(glossary.TIME_IS_UP)
        view.draw(job.events)
    elif job.finished:
        st.error(job.error)
        view.draw(job.events)
    else:
        note = glossary.PATIENCE.format(seconds=view.seconds)
        with st.container(key="running"), st.container():
            watch(task, job, view.progress, view.draw, every=EVERY, note=note)


def show_unstarted(task: Task, view: View) -> None:
    """Draw what was stopped, or else the stored example."""
    if view.key is not None and (stopped := task.stopped(view.key)):
        st.info(glossary.STOPPED)
        view.draw(stopped)
        return
    view.example()


def columns_view(chosen: DefencesSettings, data: InMemoryData | None) -> View:
    """Every row under three columns."""

    def draw(events: Sequence[Any]) -> None:
        if data is not None and (record := work.record_of(chosen, data, events)):
            result.show_columns(record)

    def example() -> None:
        stored = stored_defences().columns
        said = glossary.EXAMPLE.format(
            n=len(stored.images), data=plain(stored.data), settings=words.settings(stored)
        )
        say_origin(said)
        result.show_columns(stored, partial(draw_below, "defences"))

    ready = data is not None
    return View(
        key=work.columns_key(chosen, data) if ready else None,
        work=work.columns(chosen, data) if ready else None,
        draw=draw,
        progress=lambda events: work.columns_progress(events, len(data.content) if data else 1),
        example=example,
        seconds=chosen.seconds,
    )


def proofs_view(chosen: DefencesSettings, data: InMemoryData | None) -> View:
    """What smoothing certifies, and what is proven of a two-layer network."""

    def draw(events: Sequence[Any]) -> None:
        if data is not None:
            certified = work.certified_of(chosen, data, events)
            result.show_proofs(certified, work.points_of(events), note=glossary.NOT_ATTACKED)

    def example() -> None:
        stored = stored_defences()
        say_origin(
            glossary.EXAMPLE_PROOFS.format(n=len(stored.certified.images), data=plain(stored.certified.data))
        )
        result.show_proofs(stored.certified, stored.points, partial(draw_below, "defences", main=True))

    ready = data is not None
    return View(
        key=work.proofs_key(chosen, data) if ready else None,
        work=work.proofs(chosen, data) if ready else None,
        draw=draw,
        progress=work.proofs_progress,
        example=example,
        seconds=chosen.seconds,
    )


VIEWS: dict[str, Callable[[DefencesSettings, InMemoryData | None], View]] = {
    "columns": columns_view,
    "proofs": proofs_view,
}
