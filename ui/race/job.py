"""The race that a tab watches, and how to have it run anew."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.task import Task
from ui.race import work
from ui.race.link import RaceSettings
from ui.race.pictures import Entry
from ui.race.work import LaneStore


@st.cache_resource(show_spinner=False)
def _store() -> LaneStore:
    return LaneStore()


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
