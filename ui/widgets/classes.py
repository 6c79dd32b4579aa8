"""The classes of a network, to be looked through before any attack."""

from __future__ import annotations

import streamlit as st

from malt_core.types import ModelInfo


def show_classes(info: ModelInfo) -> None:
    """Draw a button that opens the list."""
    count = f"{len(info.classes):,} classes"
    with st.popover(f"Its {count}", type="tertiary", icon=":material/list:", key="classes"):
        word = st.text_input("Search among its classes", key="class_searched").strip().casefold()
        found = [name for name in info.classes if word in name.casefold()]
        st.caption(f"{len(found):,} of {count}" if word else "It calls every picture one of these.")
        with st.container(height=240, key="class_names"):
            st.text("\n".join(found) if found else "None of its classes is called so.")
