"""The left side of the Linearity page, below the picture: its settings as widgets."""

from __future__ import annotations

import streamlit as st

from ui.linearity.link import LinearitySettings
from ui.widgets.form import draw


def main_settings() -> None:
    """The network, how far the attack may go, and what stands next to it."""
    draw(LinearitySettings, "model", "eps", "beside")


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        draw(LinearitySettings, "norm", "seed")
