"""The left side of the Race page, below the pictures: its settings as widgets; and the link to a race."""

from __future__ import annotations

import streamlit as st

from ui import layout
from ui.race import glossary
from ui.race.link import RaceSettings
from ui.widgets.form import draw


def main_settings() -> None:
    """The model, how much colours may change, and who runs beside MALT and AutoAttack."""
    draw(RaceSettings, "model", "eps", "third")


def started(pressed: bool) -> str:
    """A text that is another one after each Start. pressed: Start was pressed just now."""
    state = st.session_state
    state.race_starts = state.get("race_starts", 0) + pressed
    return str(state.race_starts)


def more_settings() -> None:
    """Everything else, folded away, and how long a race may take."""
    with st.expander("More settings", key="more"):
        draw(RaceSettings, "norm", "crop", "seed", "check")
    st.caption(glossary.PATIENCE)


def show_link(chosen: RaceSettings) -> None:
    """Draw the link to a race; it starts nothing."""
    layout.show_link(
        layout.link_of(chosen, run=False) if chosen.shareable else None,
        "This race (as long as this server keeps it; otherwise **Start** races anew)",
        "A link cannot hold pictures of your own: send the pictures along with the settings.",
    )
