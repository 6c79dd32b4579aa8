"""The Targets page: which wrong class an attack should aim at, and whether the straight line is right."""

from __future__ import annotations

import streamlit as st

from malt_core.errors import MaltError
from ui import layout
from ui.compute.task import Task
from ui.targets import glossary, settings, view
from ui.targets.link import TargetsSettings
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.waiting import show_aside

layout.open_page("Targets: why this class?", glossary.INTRODUCTION)
complaints = form.follow(TargetsSettings).complaints
left, right = layout.columns()
state = st.session_state
settings.keep_hidden(state.view)
what, trouble = None, ""
with left:
    try:
        what = settings.choose_images() if state.view == "many" else settings.choose_picture()
    except MaltError as error:
        trouble = str(error)
    settings.main_settings(state.view)
    pressed = form.start_button(TargetsSettings, "Measure", "start", ready=what is not None)
    settings.more_settings(state.view)

chosen = form.current(TargetsSettings)
shown = view.VIEWS[chosen.view](chosen, what)
pressed = (state.pop("targets_open", False) and what is not None) or pressed
task = Task("targets")
started = task.follow(shown.key, start=pressed, recall=True)
form.remember(chosen, run=started)

with right:
    layout.complain(complaints)
    settings.choose_view()
    show_aside(task)
    if trouble:
        st.error(plain(trouble))
    elif started:
        view.show_started(task, shown, retry=pressed)
    else:
        view.show_unstarted(task, shown)
    link = layout.link_of(chosen, run=started) if chosen.shareable else None
    layout.show_link(link, "This view", layout.OWN_PICTURES)
if pressed:
    layout.scroll_to_running()
