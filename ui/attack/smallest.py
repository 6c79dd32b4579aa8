"""How little is enough: one button, and the smallest ε at which the answer to this picture changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from malt_core.explanations import words
from malt_core.explanations.limits import EPS_MAX
from malt_core.explanations.types import Search
from malt_core.formatting import length
from malt_core.networks import network_info
from malt_core.types import Norm
from ui.attack import glossary, work
from ui.attack.link import AttackSettings
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.session import tab
from ui.pictures.picture import Picture
from ui.widgets.markdown import plain
from ui.widgets.waiting import EVERY, show_wait

PURPOSE = "smallest"  # what the tab calls the job


def show_smallest(settings: AttackSettings, picture: Picture) -> None:
    """Draw the button, and once it was pressed for this picture what was found."""
    key = work.smallest_key(settings, picture)
    with st.container(key="smallest"):
        if st.session_state.get("smallest_asked") != key:
            tab().leave(PURPOSE)
            st.button(
                "How little is enough?",
                icon=":material/compress:",
                key="how_little",
                help=glossary.HOW_LITTLE,
                on_click=_ask,
                args=(key,),
            )
            return
        how = {"load": load_model(settings.model), "work": work.smallest(settings, picture)}
        job = tab().watch(PURPOSE, key, **how)
        if job.state == "done":
            _show(job.events[-1], picture)
        elif job.finished:
            st.error(job.error)
        else:
            _wait(job, settings.model, settings.norm)


def _ask(key: str | None) -> None:
    st.session_state.smallest_asked = key


def _show(found: work.Little, picture: Picture) -> None:
    record = found.record
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        reached = "none found" if record.reached is None else length(record.reached, record.norm)
        st.metric("The smallest ε found", reached, width="content")
        with st.container(width="stretch", gap="small"):
            st.markdown(f"**{plain(words.smallest_headline(record))}** {plain(words.smallest_told(record))}")
            if found.png is not None and record.eight_bit_eps is not None:
                stem = re.sub(r"\W+", "-", Path(picture.name).stem).strip("-")
                st.download_button(
                    f"The picture at ε = {length(record.eight_bit_eps, record.norm)} (PNG)",
                    found.png,
                    f"malt-{stem}-smallest.png",
                    "image/png",
                    on_click="ignore",
                    icon=":material/download:",
                    key="smallest_png",
                )


@st.fragment(run_every=EVERY)
def _wait(job: Job, model: str, norm: Norm) -> None:
    if job.finished:
        st.rerun()
    if not show_wait(job):
        st.caption(_sentence(job.events[:], model, norm))
    st.button("Stop", icon=":material/stop_circle:", key="stop_smallest", on_click=_ask, args=(None,))
    if st.session_state.get("smallest_asked") is None:
        st.rerun()


def _sentence(events: Sequence[Any], model: str, norm: Norm) -> str:
    search = next((event for event in reversed(events) if isinstance(event, Search)), None)
    if search is None:
        return f"Ranking the classes, to search up to ε = {length(EPS_MAX[norm], norm)} …"
    name = plain(network_info(model).classes[search.target])
    nearest = "" if search.nearest == float("inf") else f"; {length(search.nearest, norm)} is enough"
    return f"Trying ε = {length(search.radius, norm)} towards “{name}”{nearest} …"
