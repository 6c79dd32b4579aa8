"""What stands beside a verdict: flags that were raised, what a second opinion found, how to ask for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion
from malt_core.trust.words import MEANING, advice, meaning, opinion_sentence, seen
from ui.widgets.markdown import plain

ASK = (
    "Asks an attack that needs no gradients (Square, some hundred queries) about what is left, and tries "
    "ε = 1, which must not fail. Where it fools the network, gradients misled the first attack."
)


def show_caution(
    flags: Sequence[Flag],
    opinion: SecondOpinion | None,
    *,
    images: int,
    what: str,
    left: bool,
    name: str = "",
    key: str = "caution",
) -> None:
    """Draw why a verdict is not to be trusted, in a box, and what a second opinion found, if anything.

    images: how many there were, each called `what`; left: some of them withstood. name: of the attack, where
    there are several.
    """
    found = opinion_sentence(opinion, what) if opinion else ""
    of = f"{plain(name)}: " if name else ""
    if not flags:
        if found:
            st.caption(of + found)
        return
    head = f"**{of}Do not take this for robustness.** {MEANING}" if left else f"**{of}Seen on the way.**"
    rows = [f"- **{meaning(flag)}** {plain(seen(flag, images))}" for flag in flags]
    with st.container(key=key):
        st.warning("\n".join([f"{head} {found}", "", *rows, "", f"**What to do:** {plain(advice(flags))}"]))


def ask_button(ask: Callable[[], None]) -> None:
    """Draw the button that asks for a second opinion. ask: called before the page is drawn again."""
    st.button("Ask for a second opinion", icon=":material/fact_check:", key="ask", help=ASK, on_click=ask)
