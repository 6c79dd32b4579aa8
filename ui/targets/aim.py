"""A class that was clicked, attacked: as it runs, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core.attack_run import story
from malt_core.attacks.types import Step
from malt_core.export.snapshot import Snapshot
from malt_core.networks import network_info
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.session import tab
from ui.pictures.picture import Picture
from ui.targets import work
from ui.targets.link import TargetsSettings
from ui.targets.result import CLASSES
from ui.widgets.figure import chosen_point
from ui.widgets.markdown import plain
from ui.widgets.player import show_player
from ui.widgets.waiting import EVERY, show_wait

PURPOSE = "targets aim"  # what the tab calls the job


def _of(settings: TargetsSettings, picture: Picture) -> tuple[str, str]:
    """What a figure is of: a click means nothing on another picture or network."""
    return settings.model, picture.digest


def note_click(settings: TargetsSettings, picture: Picture) -> None:
    """A point was chosen in the figure of these settings, or none any more; for callbacks."""
    st.session_state.targets_aim = (_of(settings, picture), chosen_point(CLASSES))


def aimed_at(settings: TargetsSettings, picture: Picture) -> int | None:
    """The class that was clicked in the figure of these settings, None for none."""
    of, target = st.session_state.get("targets_aim") or (None, None)
    return target if of == _of(settings, picture) else None


def forget() -> None:
    """Attack no class any more; for callbacks."""
    st.session_state.targets_aim = None
    tab().leave(PURPOSE)


def show_aim(settings: TargetsSettings, picture: Picture) -> None:
    """Draw the attack on the class that was clicked, if one was. settings, picture: of the figure."""
    target, info = aimed_at(settings, picture), network_info(settings.model)
    if target is None:
        tab().leave(PURPOSE)
        return
    job = tab().watch(
        PURPOSE,
        work.aim_key(settings, picture, target),
        load=load_model(settings.model),
        work=work.aim(settings, picture, target),
    )
    with st.container(border=True, key="aim"):
        with st.container(horizontal=True, vertical_alignment="center"):
            title = f"Aimed at “{info.classes[target]}”, ε = {settings.epsilon}"
            st.markdown(f"#### {plain(title)}", anchors=False)
            st.button("Close", icon=":material/close:", key="close_aim", type="tertiary", on_click=forget)
        if job.state == "done":
            _show(job.events[-1])
        elif job.finished:
            st.error(job.error)
        else:
            _wait(job)


def _show(snapshot: Snapshot) -> None:
    record = snapshot.record
    st.markdown(plain(f"{story.headline(record, None)} {story.told(record, None)}"))
    if snapshot.player is not None:
        show_player(snapshot.player, key=f"targets-player-{snapshot.player['id']}")


@st.fragment(run_every=EVERY)
def _wait(job: Job) -> None:
    if job.finished:
        st.rerun()
    if not show_wait(job):
        st.caption(_sentence(job.events[:]))


def _sentence(events: Sequence[Any]) -> str:
    step = work.latest(events, Step)
    return "Ranking the classes …" if step is None else f"Step {step.step} of at most {step.most} …"
