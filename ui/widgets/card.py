"""A network's card, folded away beside its name."""

from __future__ import annotations

import streamlit as st

from malt_core.comparison.cards import model_card
from malt_core.types import ModelInfo


def show_card(info: ModelInfo) -> None:
    """Draw a button that opens the card."""
    with (
        st.popover("About it", type="tertiary", icon=":material/info:", key="card"),
        st.container(height=420, width=520, key="card_text", border=False),
    ):
        st.markdown(f"**{info.id}**")
        st.markdown(model_card(info.id))
