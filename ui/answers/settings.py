"""The left side of the Answers page, below the picture: its settings as widgets."""

from __future__ import annotations

import streamlit as st

from ui.answers.link import AnswersSettings
from ui.widgets.form import draw


def main_settings() -> None:
    """The network, the ball, and how often it may be asked."""
    draw(AnswersSettings, "model", "eps", "queries")


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        draw(AnswersSettings, "hears", "norm", "seed")
