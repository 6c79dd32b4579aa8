"""The Own network page: weights, and what they are of, on the left; on the right what is seen of them."""

from __future__ import annotations

import streamlit as st

from ui import layout
from ui.address.own import own_id
from ui.own import glossary, result, settings
from ui.own.link import OwnSettings
from ui.widgets import form

layout.open_page("Your own network", glossary.INTRODUCTION)
complaints = form.follow(OwnSettings).complaints
left, right = layout.columns()
with left:
    given = settings.own_settings()
state = st.session_state
with right:
    layout.complain(complaints)
    if given is not None:
        state.pop("own_seen", None)
        state.own_seen = result.look(given)
        if state.own_seen.fine:
            state.model = own_id()
    result.show(state.get("own_seen"))
form.remember(form.current(OwnSettings), run=False)
