"""The Transfer page: adversarial images made on one network and tried on others."""

from __future__ import annotations

import streamlit as st

from malt_core.errors import MaltError
from ui import layout
from ui.compute.task import Task
from ui.transfer import glossary, settings, work
from ui.transfer.link import TransferSettings
from ui.transfer.live import show_started, show_unstarted
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.waiting import show_aside

layout.open_page("Attacks that travel", glossary.INTRODUCTION)
complaints = form.follow(TransferSettings).complaints
left, right = layout.columns()
settings.keep_hidden()
data, trouble = None, ""
with left:
    try:
        data = settings.choose_images()
    except MaltError as error:
        trouble = str(error)
    settings.main_settings()
    pressed = form.start_button(TransferSettings, "Measure", "start", ready=data is not None)
    settings.more_settings()

chosen = form.current(TransferSettings)
task = Task("transfer")
key = work.key_of(chosen, data) if data is not None else None
started = task.follow(key, start=pressed, recall=True)
form.remember(chosen, run=started)

with right:
    layout.complain(complaints)
    show_aside(task)
    if trouble:
        st.error(plain(trouble))
    if started and data is not None:
        show_started(task, chosen, data, retry=pressed)
    else:
        show_unstarted(task, key, chosen, data)
    link = layout.link_of(chosen, run=started) if chosen.shareable else None
    layout.show_link(link, "This view", layout.OWN_PICTURES)
if pressed:
    layout.scroll_to_running()
