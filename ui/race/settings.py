"""The left side of the Race page, below the pictures: its settings as widgets."""

from __future__ import annotations

import streamlit as st

from ui.race.link import RaceSettings
from ui.widgets.form import draw


def main_settings() -> None:
    """The model, how far pixels may move, and who runs beside MALT and AutoAttack."""
    draw(RaceSettings, "model", "eps", "third")


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        draw(RaceSettings, "norm", "crop", "seed")
