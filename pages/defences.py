"""The Defences page: each defence clean, under a transferred and under an adaptive attack; proofs."""

from __future__ import annotations

import streamlit as st

from malt_core.errors import MaltError
from ui import layout
from ui.compute.task import Task
from ui.defences import glossary, settings, view
from ui.defences.link import DefencesSettings
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.waiting import show_aside

layout.open_page("Defences, and how they fail", glossary.INTRODUCTION)
complaints = form.follow(DefencesSettings).complaints
left, right = layout.columns()
state = st.session_state
settings.keep_hidden()
data, trouble = None, ""
with left:
    try:
        data = settings.choose_images()
    except MaltError as error:
        trouble = str(error)
    settings.main_settings(state.view)
    verb = "Compare" if state.view == "columns" else "Certify"
    pressed = form.start_button(DefencesSettings, verb, "start", ready=data is not None)
    settings.more_settings(state.view)

chosen = form.current(DefencesSettings)
shown = view.VIEWS[chosen.view](chosen, data)
task = Task("defences")
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
