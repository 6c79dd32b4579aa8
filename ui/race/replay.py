"""The replay of a race as a Streamlit component: everything in it moves in the browser."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from malt_core.race import replay
from malt_core.race.record import RaceRecord

_replay = st.components.v2.component(
    "malt_race_replay", html='<div class="malt-race"></div>', css=replay.style(), js=replay.script()
)


def show_replay(
    record: RaceRecord, images: Sequence[bytes], *, going_on: bool = False, showing: str = ""
) -> None:
    """Draw a race: while it goes on how far it is, afterwards its replay; see malt_core/race/replay.py."""
    _replay(key="replay", data=replay.payload(record, images, going_on=going_on, showing=showing))
