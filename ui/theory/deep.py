"""The same measurement on deep networks: those that were measured ahead, and the one that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core.images.gallery import find_photo
from malt_core.networks import network_info
from malt_core.theory import sweep_words
from malt_core.theory.statistics import DeepSummary, summaries
from malt_core.theory.types import DEEP_T, DeepRecord, DeepStage
from ui.compute.loading import load_model
from ui.compute.task import Task
from ui.theory import glossary, work
from ui.theory.example import stored_deep
from ui.theory.link import TheorySettings
from ui.theory.parts import paper, seen
from ui.widgets.below import draw_below
from ui.widgets.figure import offer_table, show_figure
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.take_away import taking_away
from ui.widgets.waiting import watch


def show_deep(task: Task, chosen: TheorySettings, *, started: bool, retry: bool) -> None:
    """Draw the deep networks. started: the chosen one is measured; retry: even if that has failed."""
    own = None
    if started:
        job = task.job(
            load=load_model(chosen.model), work=work.deep(chosen.photo), anew=retry and task.failed
        )
        if not job.finished:
            with st.container(key="running"), st.container():
                watch(task, job, _progress)
        elif job.state != "done":
            st.error(job.error)
        else:
            own = next(event for event in job.events if isinstance(event, DeepRecord))
    found = summaries(stored_deep())
    paper(glossary.DEEP_PAPER)
    seen(sweep_words.deep_sentence(found))
    photographs = len({record.image for record in stored_deep()})
    st.caption(glossary.DEEP_STORED.format(images=photographs))
    if own is not None:
        show_own(own)

    def rest() -> None:
        with taking_away():
            heading("Drift of the gradient", glossary.WHAT_DEEP)
            _figure(found, own)
            heading("Network by network", glossary.WHAT_DEEP_TABLE)
            _table(found, own)

    draw_below("theory", rest, main=True)


def _progress(events: Sequence[Any]) -> tuple[str, float]:
    stages = [event for event in events if isinstance(event, DeepStage)]
    return (f"{stages[-1].sentence} …", stages[-1].share) if stages else ("Starting …", 0.0)


def show_own(own: DeepRecord) -> None:
    """Say what came of the network and photograph that were chosen."""
    info = network_info(own.model)
    network, photo, target = map(plain, (info.title, find_photo(own.image).title, info.classes[own.target]))
    sentence = sweep_words.own_sentence(own, target) if own.reached is not None else glossary.DEEP_NEVER
    with st.container(border=True):
        st.markdown(glossary.DEEP_OWN.format(network=network, photo=photo, sentence=sentence))


def _figure(found: Sequence[DeepSummary], own: DeepRecord | None) -> None:
    from malt_core.theory.sweep_figures import DeepCurve, deep_figure, deep_rows

    start = (0.0, *DEEP_T)
    curves = [DeepCurve(name=one.model, t=start, drift=(0.0, *one.drift)) for one in found]
    if own is not None and own.reached is not None:
        name = f"{own.model}, {find_photo(own.image).title}"
        curves.append(DeepCurve(name=name, t=start, drift=(0.0, *own.drift), bold=True))
    show_figure(
        deep_figure(curves),
        key="theory_deep",
        alt="How far the gradient has changed along a step down it, a line for each deep network",
        title="Drift of the gradient on deep networks",
        about=f"Medians over {len({record.image for record in stored_deep()})} photographs.",
        rows=deep_rows([*stored_deep(), *([own] if own else [])]),
    )


def _table(found: Sequence[DeepSummary], own: DeepRecord | None) -> None:
    rows = [_row(one, one.model) for one in found]
    if own is not None:
        rows = [*(_row(one, f"{one.model}, yours") for one in summaries([own])), *rows]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"network": st.column_config.TextColumn(pinned=True)},
        alt="How straight each deep network is, and where its gradient points",
    )
    offer_table("theory_networks", "how straight each deep network is", rows, "")


def _row(one: DeepSummary, name: str) -> dict[str, Any]:
    root = one.dimension**0.5
    return {
        "network": name,
        "photographs": one.reached if one.reached == one.images else f"{one.reached} of {one.images}",
        "error of the straight line": f"{one.accuracy:.1%}",
        "drift": f"{one.drift_at_boundary:.0%}",
        "drift, random step": f"{one.random_at_boundary:.1%}",
        "step over ‖x‖": f"{one.relative:.3%}",
        "in ‖x‖/√d": f"{root * one.relative:.2g}",
        "gradient off the data": f"{one.off:.0%} ({one.expected:.0%})",
    }
