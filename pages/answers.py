"""The Answers page: one picture attacked by answers alone."""

from __future__ import annotations

import streamlit as st

from malt_core.errors import MaltError
from malt_core.networks import network_info
from ui import layout
from ui.answers import glossary, settings, work
from ui.answers.link import AnswersSettings
from ui.answers.live import show_started, show_unstarted
from ui.compute.task import Task
from ui.pictures import picker
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.waiting import show_aside

layout.open_page("By answers alone", glossary.INTRODUCTION)
complaints = form.follow(AnswersSettings).complaints
left, right = layout.columns()
picture, trouble = None, ""
with left:
    picker.choose_photo(AnswersSettings, "photo")
    try:
        state = st.session_state
        picture = picker.chosen_picture(state.photo, network_info(state.model).size, state.crop)
    except MaltError as error:
        trouble = str(error)
    settings.main_settings()
    pressed = form.start_button(AnswersSettings, "Ask the network", "start", ready=picture is not None)
    settings.more_settings()

chosen = form.current(AnswersSettings)
task = Task("answers")
started = task.follow(picture and work.key_of(chosen, picture), start=pressed, recall=True)
form.remember(chosen, run=started)

with right:
    layout.complain(complaints)
    show_aside(task)
    if trouble:
        st.error(plain(trouble))
    elif started:
        show_started(task, chosen, picture, retry=pressed)
    else:
        show_unstarted(task, chosen, picture)
    link = layout.link_of(chosen, run=started) if chosen.shareable else None
    layout.show_link(link, "This view", glossary.OWN_PICTURE)
if pressed:
    layout.scroll_to_running()
