"""An attack that found nothing is no dead end: how near it came, why that is worth seeing, and the next ε."""

from __future__ import annotations

import streamlit as st

from malt_core.attack_run.near_miss import near_miss, near_sentence, why_withstood
from malt_core.epsilon import Epsilon
from malt_core.export.snapshot import Snapshot
from ui.attack.link import AttackSettings
from ui.widgets import form
from ui.widgets.caution import ask_button
from ui.widgets.markdown import plain


def show_next(snapshot: Snapshot) -> None:
    """Draw the button that attacks with the next ε, where the attack did not get where it was to go."""
    miss = near_miss(snapshot.record)
    if miss and miss.next_eps:
        st.button(
            f"Attack with ε = {miss.next_eps}",
            icon=":material/bolt:",
            key="next_eps",
            on_click=_attack_with,
            args=(miss.next_eps,),
        )


def near(snapshot: Snapshot) -> str:
    """How near it came, in Markdown; "" where the attack got where it was to go."""
    return plain(near_sentence(snapshot.record)) if near_miss(snapshot.record) else ""


def show_why(snapshot: Snapshot) -> None:
    """Draw what it means that it failed, unless a flag's box says so, and the offer of a second opinion."""
    record = snapshot.record
    if near_miss(record) is None:
        return
    if not record.flags:
        st.markdown(plain(why_withstood(record, robust=snapshot.robust)))
    if record.second_opinion is None and not record.success:
        ask_button(_check)


def _check() -> None:
    form.put(AttackSettings, "check", "always")
    st.session_state.attack_now = True


def _attack_with(eps: Epsilon) -> None:
    form.put(AttackSettings, "eps", eps.number)
    st.session_state.attack_now = True
