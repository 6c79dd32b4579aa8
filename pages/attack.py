"""The Attack page: settings on the left; on the right the picture, the attack as it runs, and its result."""

from __future__ import annotations

import streamlit as st

from malt_core.errors import MaltError
from malt_core.networks import network_info
from ui import layout
from ui.attack import glossary, opened, question, settings, view, work
from ui.attack.link import AttackSettings
from ui.compute.task import Task
from ui.pictures import picker
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.waiting import show_aside

layout.open_page("Fool a neural network, and see how", glossary.INTRODUCTION)
complaints = form.follow(AttackSettings).complaints
left, right = layout.columns()
picture, trouble = None, ""
with left:
    picker.choose_photo(AttackSettings, "photo")
    try:
        state = st.session_state
        size = network_info(state.model).size
        picture = picker.chosen_picture(
            state.photo, size, state.crop, settings.another_picture, upload_help=glossary.WHAT_UPLOAD
        )
    except MaltError as error:
        trouble = str(error)
    stored, trouble = opened.instead(state.photo, trouble)
    settings.main_settings()
    pressed = form.start_button(AttackSettings, "Attack", "attack", ready=picture is not None)
    settings.more_settings()

question.keep_told()
chosen = form.current(AttackSettings)
task = Task("attack")
pressed = state.pop("attack_now", False) or pressed
key = picture and work.attack_key(chosen, picture)
if pressed:
    view.note_press(key)
attacked = task.follow(key, start=pressed)
form.remember(chosen, run=attacked)
link = layout.link_of(chosen, "/") if chosen.shareable else None

with right:
    layout.complain(complaints)
    show_aside(task)
    if trouble:
        st.error(plain(trouble))
    elif stored:
        opened.show_opened(stored)
    elif attacked:
        view.show_attacked(task, chosen, picture, link)
    else:
        view.show_unattacked(task, chosen, picture, link)
if attacked and pressed:
    layout.scroll_to_running()
