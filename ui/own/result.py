"""The right side of the Own network page: the steps, with a tick for each, and where to go from there."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from malt_core.errors import MaltError
from malt_core.models.providers.uploaded import Own
from malt_core.own_network.apart import limited
from malt_core.own_network.types import STEPS, Step
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from ui.address.own import own_id
from ui.own import glossary, work
from ui.widgets.markdown import plain

FILE = assets_folder() / "examples" / "own.json"


@dataclass(frozen=True)
class Stored:
    """A finished example. name: of the network; steps: what was seen."""

    name: str
    steps: list[Step]


@dataclass(frozen=True)
class Seen:
    """What was seen of the network that was given last. trouble: what ended it, "" for nothing."""

    name: str
    steps: tuple[Step, ...]
    trouble: str = ""

    @property
    def fine(self) -> bool:
        """Whether it can be attacked."""
        return not self.trouble and len(self.steps) >= len(STEPS) - 1 and not any(s.fatal for s in self.steps)


def stored() -> Stored:
    """The example that is stored."""
    return typed(Stored, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))


def look(given: work.Given) -> Seen:
    """Look at what was given, and show each step as it comes."""
    if not given.data:
        return Seen("", (), glossary.NO_FILE)
    steps: list[Step] = []
    place = st.empty()
    try:
        for event in work.looked_at(given):
            if isinstance(event, Own):
                break
            if isinstance(event, Step):
                steps.append(event)
            with place.container():
                st.caption(glossary.AT_WORK if isinstance(event, Step) else event)
                show_steps(steps)
    except MaltError as error:
        return Seen(given.name, tuple(steps), str(error))
    finally:
        place.empty()
    return Seen(given.name, tuple(steps))


def show_steps(steps: list[Step] | tuple[Step, ...]) -> None:
    """Draw each step: what has to hold, whether it does, and what was seen."""
    for step in steps:
        mark = ":green[:material/check_circle:]" if step.passed else ":red[:material/cancel:]"
        word = "holds" if step.passed else "does not hold"
        with st.container(gap=None):
            st.markdown(f"{mark} **{step.title}**: {word}.")
            st.caption(plain(step.said))


def show(seen: Seen | None) -> None:
    """Draw what was seen last, else the example."""
    if seen is None:
        st.caption(glossary.EXAMPLE)
        show_steps(stored().steps)
    else:
        if seen.name:
            st.subheader(plain(seen.name), anchor=False)
        if seen.trouble:
            st.error(plain(seen.trouble))
        elif not seen.fine:
            st.error(glossary.NOT_READY)
        elif own_id():
            st.success(glossary.READY)
            st.page_link(
                "pages/attack.py", label="Attack it", icon=":material/bolt:", query_params={"model": "own"}
            )
        show_steps(seen.steps)
    if not limited():
        st.caption(glossary.UNLIMITED)
