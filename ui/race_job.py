"""The race that a tab watches, and what stays of one that was stopped."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from malt_core.race.types import RaceEvent
from ui import race_work, work
from ui.jobs import Job
from ui.race_link import RaceSettings
from ui.race_pictures import Entry
from ui.race_work import LaneStore
from ui.runtime import places, seat, shelf


@st.cache_resource(show_spinner=False)
def _store() -> LaneStore:
    return LaneStore()


def race_job(chosen: RaceSettings, entries: Sequence[Entry], *, retry: bool) -> Job:
    """This tab's race of these settings and pictures, submitted if need be. retry: even if it has failed."""
    job = seat().jobs.get("race")
    if job is not None and job.state == "failed" and retry:
        seat().leave("race")
    return seat().watch(
        "race",
        race_work.race_key(chosen, entries),
        load=work.load_in_place(shelf(), chosen.shared.model, places()),
        work=race_work.race(chosen, entries, _store()),
        anew=st.session_state.pop("race_anew", False),
    )


def measure_again(chosen: RaceSettings, entries: Sequence[Entry]) -> None:
    """Let every lane be run anew by the next race_job."""
    for lane in chosen.lanes:
        _store().forget(race_work.lane_key(lane, chosen, entries))
    st.session_state.race_anew = True


def stop() -> None:
    """End this tab's race if it is under way; what it has brought stays."""
    job = seat().jobs.get("race")
    if job is not None and not job.finished and job.events:
        st.session_state.race_stopped = job.key, job.events[:]
    st.session_state.attacked = None
    seat().leave("race")


def stopped_events(key: str) -> list[RaceEvent]:
    """What the race of that key had brought when it was stopped; nothing if it was not the last to be."""
    stopped, events = st.session_state.get("race_stopped", ("", []))
    return events if stopped == key else []
