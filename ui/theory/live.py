"""What the page shows of an experiment: while it runs, at its end, stopped, or the stored one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from malt_core.theory import plan
from malt_core.theory.types import Experiment, TheoryConfig, TrainingStep
from ui.compute.loading import load_torch
from ui.compute.task import Task
from ui.theory import glossary, work
from ui.theory.example import stored_experiment
from ui.theory.link import TheorySettings
from ui.theory.result import show_departures, show_experiment
from ui.widgets.below import draw_below
from ui.widgets.embed import say_origin
from ui.widgets.take_away import taking_away
from ui.widgets.waiting import watch

EVERY = 0.6  # seconds


def show_started(task: Task, chosen: TheorySettings, config: TheoryConfig, *, retry: bool) -> None:
    """Draw the experiment that was started. retry: even if it has failed."""
    job = task.job(load=load_torch(), work=work.experiment(config), anew=retry and task.failed)

    def draw(events: Sequence[Any]) -> None:
        show_experiment(Experiment.of(events), config, chosen.view, chosen.step, _at_once)

    if job.state == "done":
        if task.remembered:
            st.caption(glossary.FROM_MEMORY)
        elif task.by_link:
            st.caption(glossary.BY_LINK)
        draw(job.events)
    elif job.finished:
        st.error(job.error)
        draw(job.events)
    else:
        with st.container(key="running"), st.container():
            watch(
                task, job, lambda events: _progress(events, config), draw, every=EVERY, note=glossary.PATIENCE
            )


def _progress(events: Sequence[Any], config: TheoryConfig) -> tuple[str, float]:
    """How far it is, in a sentence and from 0 to 1."""
    experiment = Experiment.of(events)
    if experiment.measured is None:
        steps = [event for event in events if isinstance(event, TrainingStep)]
        last = f", step {steps[-1].step:,}: loss {steps[-1].loss:.3f}" if steps else ""
        return f"Training the network{last}", 0.0
    done, total = len(experiment.sweep), len(plan.sweeps(config)) * plan.SEEDS
    return f"Trained and measured. With settings varied: {done} of {total} networks", done / total


def show_unstarted(task: Task, chosen: TheorySettings, config: TheoryConfig | None) -> None:
    """Draw what was stopped, or else the stored experiment, and say what it is."""
    stopped = task.stopped(work.experiment_key(config)) if config is not None else []
    if stopped:
        st.info(glossary.STOPPED)
        show_experiment(Experiment.of(stopped), config, chosen.view, chosen.step, _at_once)
        return
    stored = stored_experiment()
    if stored.measured.config == config:
        say_origin(glossary.EXAMPLE_OF_THIS)
    else:
        st.caption(glossary.EXAMPLE)
    if config is not None:
        show_departures(config)
    main = chosen.view != "off"  # whose first figure stands above

    def below(draw: Callable[[], None]) -> None:
        draw_below("theory", lambda: _at_once(draw), main=main)

    show_experiment(stored, stored.measured.config, chosen.view, chosen.step, below)


def _at_once(draw: Callable[[], None]) -> None:
    with taking_away():
        draw()
