"""The left side of the Theory page: the experiment's settings, and the deep network's."""

from __future__ import annotations

import streamlit as st

from malt_core.errors import BadConfig
from malt_core.theory.types import TheoryConfig
from ui.theory.link import VIEW, TheorySettings
from ui.widgets.form import changed, current, draw, shows, start_button


def experiment_settings() -> tuple[TheoryConfig | None, bool]:
    """Draw the settings of the experiment, and return them and whether it is to be trained.

    None, and a word on why, where they do not go together.
    """
    draw(TheorySettings, "data", "dimension", "subspace", "width", "points")
    place = st.container()
    with st.expander("More settings", key="more"):
        draw(TheorySettings, "scale", "decay", "step", "seed")
    with place:
        try:
            config = current(TheorySettings).config
        except BadConfig as error:
            st.error(str(error))
            config = None
        return config, start_button(TheorySettings, "Train", "train", ready=config is not None)


def deep_settings() -> bool:
    """Draw the settings of the deep network and return whether it is to be measured."""
    with st.expander("A deep network of your choice", key="deep_network"):
        draw(TheorySettings, "model", "photo")
        return start_button(TheorySettings, "Measure", "measure", ready=True)


def lead_to_result(*, trained: bool, measured: bool) -> None:
    """Have the view be one that shows what was just started."""
    state = st.session_state
    if measured:
        state.view = "deep"
    elif trained and state.view in ("deep", "papers"):
        state.view = "off"


def choose_view() -> None:
    """Draw what there is to look at."""
    if shows("view"):
        st.segmented_control(
            VIEW.label,
            VIEW.options,
            default=st.session_state.view,  # see ui/widgets/form.py
            format_func=VIEW.title,
            key="view",
            required=True,
            label_visibility="collapsed",
            on_change=changed,
            args=(TheorySettings, "view"),
        )
