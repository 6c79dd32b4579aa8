"""An attack that found nothing is no dead end: how near it came, why that is worth seeing, and the next ε."""

from __future__ import annotations

import streamlit as st

from malt_core.attack_run.near_miss import NearMiss, near_miss, near_sentence, why_withstood
from malt_core.epsilon import Epsilon
from malt_core.export.snapshot import Snapshot
from ui.attack.link import AttackSettings
from ui.widgets import form
from ui.widgets.caution import ask_button
from ui.widgets.markdown import plain


def show_failure(snapshot: Snapshot, settings: AttackSettings) -> None:
    """Draw it, where the attack did not get where it was to go."""
    miss = near_miss(snapshot.record)
    if miss is None:
        return
    st.markdown(f"{plain(near_sentence(snapshot.record))} {plain(_why(snapshot))}")
    with st.container(horizontal=True, key="next"):
        _offer(snapshot, miss)


def _offer(snapshot: Snapshot, miss: NearMiss) -> None:
    """Draw what to try next."""
    if miss.next_eps:
        st.button(
            f"Attack with ε = {miss.next_eps}",
            icon=":material/bolt:",
            key="next_eps",
            on_click=_attack_with,
            args=(miss.next_eps,),
        )
    if snapshot.record.second_opinion is None and not snapshot.record.success:
        ask_button(_check)


def _why(snapshot: Snapshot) -> str:
    """What it means that it failed; where a flag stands, the box above says so."""
    return "" if snapshot.record.flags else why_withstood(snapshot.record, robust=snapshot.robust)


def _check() -> None:
    form.put(AttackSettings, "check", "always")
    st.session_state.attack_now = True


def _attack_with(eps: Epsilon) -> None:
    form.put(AttackSettings, "eps", eps.number)
    st.session_state.attack_now = True
