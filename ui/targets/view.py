"""The right side of the Targets page: what was started, else what was stopped or the example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from malt_core.datasets.in_memory import InMemoryData
from malt_core.explanations.record import ClassesRecord, DistancesRecord, ranks_record
from malt_core.explanations.types import Comparing, LogitStep, OrdersOfImage, Search, Skipped
from malt_core.networks import network_info
from ui.compute.loading import load_model
from ui.compute.task import Task
from ui.pictures.picture import Picture, gallery_picture
from ui.targets import aim, glossary, opening, result, work
from ui.targets.example import stored_targets
from ui.targets.link import TargetsSettings
from ui.targets.work import TwoTargets, latest
from ui.widgets.below import draw_below, draw_with_plotly
from ui.widgets.embed import embedded, say_origin
from ui.widgets.take_away import taking_away
from ui.widgets.waiting import watch

EVERY = 0.6  # seconds between two looks at what grows
Draw = Callable[[Sequence[Any]], None]


@dataclass(frozen=True)
class View:
    """One view of the page with its settings. key: of what is computed, None for nothing to compute.

    work: for the queue; draw: what its events show; progress: what they say, and how far it is; example:
    draws what is stored. note: a word below the progress; long: see JobQueue.submit.
    """

    key: str | None
    work: Callable[[Any], Any] | None
    draw: Draw
    progress: Callable[[Sequence[Any]], tuple[str, float]]
    example: Callable[[], None]
    settings: TargetsSettings
    note: str = ""
    long: bool = False


def show_started(task: Task, view: View, *, retry: bool) -> None:
    """Draw what was started. retry: even if it has failed."""
    job = task.job(
        load=load_model(view.settings.model), work=view.work, anew=retry and task.failed, long=view.long
    )
    if job.state == "done":
        if task.remembered:
            st.caption(glossary.FROM_MEMORY)
        view.draw(job.events)
    elif job.finished:
        st.error(job.error)
        view.draw(job.events)
    else:
        with st.container(key="running"), st.container():
            watch(task, job, view.progress, view.draw, every=EVERY, note=view.note)


def show_unstarted(task: Task, view: View) -> None:
    """Draw what was stopped, or else the stored example."""
    if view.key is not None and (stopped := task.stopped(view.key)):
        st.info(glossary.STOPPED)
        view.draw(stopped)
        return
    view.example()


def classes_view(chosen: TargetsSettings, picture: Picture | None) -> View:
    """Every class as a point, a click's attack, and the true distances."""

    def draw(events: Sequence[Any]) -> None:
        if (record := latest(events, ClassesRecord)) and picture:
            _classes(chosen, picture, record, latest(events, DistancesRecord))

    def progress(events: Sequence[Any]) -> tuple[str, float]:
        record, search = latest(events, ClassesRecord), latest(events, Search)
        if record is None:
            return "Looking at the picture …", 0.0
        if search is None:
            done = len(record.candidates)
            return f"Measuring gradients: {done} of {record.total} classes …", 0.3 * done / record.total
        measured = latest(events, DistancesRecord)
        done = len(measured.distances) if measured else 0
        name = network_info(chosen.model).classes[search.target]
        return (
            f"Looking for the boundary to “{name}” ({done} of {chosen.measured} are measured)",
            0.3 + 0.7 * min(1.0, done / chosen.measured),
        )

    def example() -> None:
        stored = stored_targets()
        _example_caption(chosen, ("model", "norm", "seed", "measured", "which", "photo", "crop"))
        picture = _stored_picture()
        result.show_head(stored.classes, picture)
        draw_below(
            "targets",
            lambda: _points(stored.settings, picture, stored.classes, stored.distances),
            before=lambda: result.show_at_once(stored.classes),
        )

    ready = picture is not None
    return View(
        key=work.classes_key(chosen, picture) if ready else None,
        work=work.classes(chosen, picture) if ready else None,
        draw=draw,
        progress=progress,
        example=example,
        settings=chosen,
    )


def _classes(
    settings: TargetsSettings, picture: Picture, record: ClassesRecord, distances: DistancesRecord | None
) -> None:
    result.show_head(record, picture)
    _points(settings, picture, record, distances)


def _points(
    settings: TargetsSettings, picture: Picture, record: ClassesRecord, distances: DistancesRecord | None
) -> None:
    """Every class as a point, the attack on the one that was clicked, and what was measured."""
    with taking_away():
        _points_to_take(settings, picture, record, distances)


def _points_to_take(
    settings: TargetsSettings, picture: Picture, record: ClassesRecord, distances: DistancesRecord | None
) -> None:
    draw_with_plotly(
        lambda: result.show_classes(record, lambda: aim.note_click(settings, picture)),
        lambda: result.show_at_once(record),
    )
    if aim.aimed_at(settings, picture) is None:
        st.caption(glossary.CLICK)
    aim.show_aim(settings, picture)
    if distances is not None:
        result.show_distances(distances)


def two_view(chosen: TargetsSettings, picture: Picture | None) -> View:
    """Two attacks, one on the likeliest class and one on MALT's first."""

    def draw(events: Sequence[Any]) -> None:
        if targets := latest(events, TwoTargets):
            trace = [event for event in events if isinstance(event, LogitStep)]
            _two(chosen, targets, trace)

    def progress(events: Sequence[Any]) -> tuple[str, float]:
        step = latest(events, LogitStep)
        if step is None:
            return "Ranking the classes …", 0.0
        return f"Step {step.step} of {chosen.steps}", step.step / chosen.steps

    def example() -> None:
        stored = stored_targets()
        _example_caption(chosen, ("model", "norm", "eps", "seed", "steps", "photo", "crop"))
        of = stored.settings
        draw_below(
            "targets",
            lambda: _two(of, stored.targets, stored.trace),
            main=True,
        )

    ready = picture is not None
    return View(
        key=work.two_key(chosen, picture) if ready else None,
        work=work.two(chosen, picture) if ready else None,
        draw=draw,
        progress=progress,
        example=example,
        settings=chosen,
    )


def _two(of: TargetsSettings, targets: TwoTargets, trace: Sequence[LogitStep]) -> None:
    with taking_away():
        result.show_two(targets, trace, network_info(of.model), of.steps, str(of.epsilon))


def many_view(chosen: TargetsSettings, data: InMemoryData | None) -> View:
    """Either order over many images."""

    def draw(events: Sequence[Any]) -> None:
        done = [event for event in events if isinstance(event, OrdersOfImage | Skipped)]
        if done and data is not None:
            record = ranks_record(done, network_info(chosen.model), data.name, chosen.config)
            with taking_away():
                result.show_many(record, lambda image: opening.opener(chosen, data, image))

    def progress(events: Sequence[Any]) -> tuple[str, float]:
        done = sum(isinstance(event, OrdersOfImage | Skipped) for event in events)
        total = len(data.content) if data else 1
        at = latest(events, Comparing)
        passes = f"; {at.n_forward:,} forward passes for the next" if at and at.done >= done else ""
        return f"{done} of {total} images{passes}", done / total

    def example() -> None:
        stored = stored_targets()
        _say_example(f"{network_info(stored.many.model).title}, {stored.many.data}")

        def rest() -> None:
            with taking_away():
                result.show_many(stored.many, lambda image: None, note=glossary.NOT_HERE)

        draw_below("targets", rest, main=True)

    ready = data is not None
    return View(
        key=work.many_key(chosen, data) if ready else None,
        work=work.many(chosen, data) if ready else None,
        draw=draw,
        progress=progress,
        example=example,
        settings=chosen,
        note=glossary.PATIENCE_MANY,
        long=True,
    )


VIEWS: dict[str, Callable[[TargetsSettings, Any], View]] = {
    "classes": classes_view,
    "two": two_view,
    "many": many_view,
}


def _example_caption(chosen: TargetsSettings, matter: Sequence[str]) -> None:
    """Say what the example is of. matter: the settings that the view depends on."""
    of = stored_targets().settings
    if all(getattr(chosen, name) == getattr(of, name) for name in matter):
        say_origin(glossary.EXAMPLE_OF_THIS)
    else:
        what = f"{network_info(of.model).title}, ε = {of.epsilon}, {of.photo}"
        _say_example(what)


def _say_example(what: str) -> None:
    """Say what the example is of, and what the page's button would do, if it is there."""
    st.caption(f"{what}." if embedded() else glossary.EXAMPLE.format(what=what))


def _stored_picture() -> Picture:
    of = stored_targets().settings
    return gallery_picture(of.photo, network_info(of.model).size, of.crop)
