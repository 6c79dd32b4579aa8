"""The left side of the Attack page, below the picture: its settings as widgets."""

from __future__ import annotations

import streamlit as st

from ui.attack.link import AttackSettings, has_browser_file
from ui.widgets.form import changed, draw, draw_beside


def another_picture() -> None:
    """What depends on the picture is forgotten: an upload or the camera has delivered another one."""
    changed(AttackSettings, "photo")


def main_settings() -> None:
    """The model, how much may change, and into what."""
    draw(AttackSettings, "model", "eps", "target")


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        draw(AttackSettings, "targeting", "norm")
        draw_beside(AttackSettings, "targets", "steps")
        draw(AttackSettings, "budget", "check")
        draw(AttackSettings, "engine", "seed")
        if st.session_state.engine == "browser" and not has_browser_file(st.session_state.model):
            st.caption("This network has no file for browsers: it is computed on the server.")
