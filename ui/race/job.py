"""The race that a tab watches, where it comes from, and how to have it run anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.session import queue
from ui.compute.task import Task
from ui.race import work
from ui.race.link import RaceSettings
from ui.race.pictures import Entry
from ui.race.work import LaneStore

Origin = Literal["memory", "link", "start"]


@st.cache_resource(show_spinner=False)
def _store() -> LaneStore:
    return LaneStore()


def kept(key: str | None) -> bool:
    """Whether that race has come to its end here, and is still in memory."""
    return key is not None and queue().recall(key) is not None


def origin_of(key: str, *, pressed: bool) -> Origin:
    """Why this tab shows that race: memory had it, a link asked for it, or Start. Ask ahead of race_job."""
    state = st.session_state
    before, origin = state.get("race_origin", ("", "start"))
    if before != key or pressed:
        origin = "memory" if kept(key) else "start" if pressed else "link"
        state.race_origin = key, origin
    return origin


def race_job(task: Task, chosen: RaceSettings, entries: Sequence[Entry], *, retry: bool) -> Job:
    """This tab's race of these settings and pictures. retry: even if it has failed."""
    return task.job(
        load=load_model(chosen.model),
        work=work.race(chosen, entries, _store()),
        anew=st.session_state.pop("race_anew", False) or (retry and task.failed),
        long=True,
    )


def measure_again(chosen: RaceSettings, entries: Sequence[Entry]) -> None:
    """Let every attack be run anew by the next race_job."""
    for lane in chosen.lanes:
        _store().forget(work.lane_key(lane, chosen, entries))
    st.session_state.race_anew = True
    st.session_state.race_origin = work.race_key(chosen, entries), "start"
