"""The right side of the Attack page: an example, a picture before its attack, the attack, its result."""

from __future__ import annotations

import streamlit as st

from malt_core.export.snapshot import Snapshot
from ui.attack import earlier, in_browser, work
from ui.attack.example import stored_snapshot
from ui.attack.job import attack_job, compute_again
from ui.attack.link import AttackSettings
from ui.attack.live import show_running, show_stopped
from ui.attack.preview import show_before
from ui.attack.result import show_result
from ui.compute.session import queue
from ui.compute.task import Task
from ui.pictures.picture import Picture


def note_press(key: str) -> None:
    """Attack was pressed: what was computed already is played again; an example is computed."""
    state = st.session_state
    state.played = state.get("played", 0) + 1
    if queue().recall(key) is None:
        earlier.drop(key)


def show_attacked(task: Task, chosen: AttackSettings, picture: Picture, link: str | None) -> None:
    """Draw the attack that was asked for: as it runs, or its result. link: its address."""
    key = task.key
    if result := earlier.recall(key):
        _show_result(task, key, chosen, picture, result.snapshot, link)
        return
    if chosen.in_browser:
        in_browser.show_running(task, chosen, picture)
        return
    job = attack_job(task, chosen, picture)
    if job.state == "done":
        _show_result(task, key, chosen, picture, job.events[-1].snapshot, link)
    else:
        show_running(task, job, chosen, picture)


def show_unattacked(task: Task, chosen: AttackSettings, picture: Picture | None, link: str | None) -> None:
    """Draw what there is without an attack: a stored example of these settings, or the picture."""
    if picture and (snapshot := stored_snapshot(chosen)):
        _show_result(task, work.attack_key(chosen, picture), chosen, picture, snapshot, link, example=True)
        return
    if picture and task.has_stopped(key := work.attack_key(chosen, picture)):
        show_stopped(task.stopped(key), chosen)
    in_browser.show_stopped(chosen, picture)
    show_before(chosen, picture)
    earlier.show_strip(None)


def _show_result(
    task: Task,
    key: str,
    chosen: AttackSettings,
    picture: Picture,
    snapshot: Snapshot,
    link: str | None,
    *,
    example: bool = False,
) -> None:
    earlier.keep(key, chosen, picture, snapshot)
    if earlier.show_pair(key):
        earlier.show_strip(key)
        return
    if task.remembered and task.key == key:
        with st.container(horizontal=True, vertical_alignment="center", key="memory"):
            st.caption("Already computed, shown from memory.", width="content")
            st.button("Compute again", type="tertiary", key="again", on_click=compute_again, args=(task, key))
    show_result(key, snapshot, chosen, picture, link, example=example)
