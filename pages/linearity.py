"""The Linearity page: straight at which scale?"""

from __future__ import annotations

import streamlit as st

from malt_core.errors import MaltError
from malt_core.networks import network_info
from ui import layout
from ui.compute.task import Task
from ui.linearity import glossary, settings, work
from ui.linearity.link import LinearitySettings
from ui.linearity.live import show_measured, show_unmeasured
from ui.pictures import picker
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.waiting import show_aside

layout.open_page("Straight at which scale?", glossary.INTRODUCTION)
complaints = form.follow(LinearitySettings).complaints
left, right = layout.columns()
picture, trouble = None, ""
with left:
    picker.choose_photo(LinearitySettings, "photo")
    try:
        state = st.session_state
        picture = picker.chosen_picture(state.photo, network_info(state.model).size, state.crop)
    except MaltError as error:
        trouble = str(error)
    settings.main_settings()
    pressed = form.start_button(LinearitySettings, "Measure", "measure", ready=picture is not None)
    settings.more_settings()

chosen = form.current(LinearitySettings)
task = Task("linearity")
measured = task.follow(picture and work.key_of(chosen, picture), start=pressed)
form.remember(chosen, run=measured)

with right:
    layout.complain(complaints)
    show_aside(task)
    if trouble:
        st.error(plain(trouble))
    elif measured:
        show_measured(task, chosen, picture, retry=pressed)
    else:
        show_unmeasured(task, chosen, picture)
    link = layout.link_of(chosen, run=measured) if chosen.shareable else None
    layout.show_link(link, "This view", layout.OWN_PICTURE)
if pressed:
    layout.scroll_to_running()
