"""What stands beside a verdict: flags that were raised, what a second opinion found, how to ask for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion
from malt_core.trust.words import MEANING, advice, meaning, opinion_sentence, seen
from ui.widgets.markdown import plain

ASK = (
    "Asks an attack that needs no gradients (Square, some hundred queries) about what is left, and tries "
    "ε = 1, which must not fail. Where it fools the network, gradients misled the first attack."
)


@dataclass(frozen=True)
class Said:
    """What an attack's result is to be read with. name: of the attack, "" where there is but one."""

    flags: Sequence[Flag]
    opinion: SecondOpinion | None
    name: str = ""


def show_caution(said: Sequence[Said], *, images: int, what: str, left: bool) -> None:
    """Draw why a verdict is not to be trusted, in a box, and what a second opinion found, if anything.

    images: how many there were, each called `what`; left: some of them withstood.
    """
    opinions = [one for one in said if one.opinion]
    found = " ".join(_of([one.name], opinion_sentence(one.opinion, what)) for one in opinions)
    rows: dict[str, list[str]] = {}
    for one in said:
        for flag in one.flags:
            rows.setdefault(f"**{plain(meaning(flag))}** {plain(seen(flag, images))}", []).append(one.name)
    if not rows:
        if found:
            st.caption(found)
        return
    head = f"**Do not take this for robustness.** {MEANING}" if left else "**Seen on the way.**"
    do = plain(advice([flag for one in said for flag in one.flags]))
    told = [f"- {_of(names, row)}" for row, names in rows.items()]
    with st.container(key="caution"):
        st.warning("\n".join([f"{head} {found}", "", *told, "", f"**What to do:** {do}"]))


def _of(names: Sequence[str], sentence: str) -> str:
    """Return a sentence with the names of those that it is of."""
    known = ", ".join(plain(name) for name in names if name)
    return f"{known}: {sentence}" if known else sentence


def ask_button(ask: Callable[[], None]) -> None:
    """Draw the button that asks for a second opinion. ask: called before the page is drawn again."""
    st.button("Ask for a second opinion", icon=":material/fact_check:", key="ask", help=ASK, on_click=ask)
