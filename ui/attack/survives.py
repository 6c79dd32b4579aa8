"""What survives: one button, and what the network says of the picture once it has been passed on."""

from __future__ import annotations

import streamlit as st

from malt_core.attack_run.survival_types import TREATMENTS, Survival, survival_rows, survival_sentence
from malt_core.export.snapshot import Snapshot
from ui.attack import glossary, work
from ui.attack.link import AttackSettings
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.session import tab
from ui.widgets.markdown import plain
from ui.widgets.waiting import EVERY, show_wait

PURPOSE = "survival"  # what the tab calls the job


def show_survival(settings: AttackSettings, snapshot: Snapshot) -> None:
    """Draw the button, and once it was pressed for this result what was found."""
    key = work.survival_key(settings, snapshot)
    with st.container(key="survival"):
        if st.session_state.get("survival_asked") != key:
            tab().leave(PURPOSE)
            st.button(
                "What survives?",
                icon=":material/forward_to_inbox:",
                key="what_survives",
                help=glossary.WHAT_SURVIVES,
                on_click=_ask,
                args=(key,),
            )
            return
        job = tab().watch(PURPOSE, key, load=load_model(settings.model), work=work.survival(snapshot))
        if job.state == "done":
            st.markdown(f"**{survival_sentence(job.events)}**")
            st.table(survival_rows(job.events), border="horizontal")
        elif job.finished:
            st.error(plain(job.error))
        else:
            _wait(job)


def found(settings: AttackSettings, snapshot: Snapshot) -> tuple[Survival, ...] | None:
    """Return what the network said after each treatment, None unless that was asked for here."""
    key = work.survival_key(settings, snapshot)
    job = tab().jobs.get(PURPOSE)
    asked = st.session_state.get("survival_asked") == key
    return tuple(job.events) if asked and job is not None and job.key == key and job.state == "done" else None


def _ask(key: str) -> None:
    st.session_state.survival_asked = key


@st.fragment(run_every=EVERY)
def _wait(job: Job) -> None:
    if job.finished:
        st.rerun()
    if not show_wait(job):
        st.caption(f"Asked after {len(job.events)} of {len(TREATMENTS)} treatments …")
