"""The Race page: MALT, AutoAttack and a third attack on the same pictures, each alone, side by side."""

from __future__ import annotations

import streamlit as st

from malt_core.networks import network_info
from ui import layout
from ui.compute.task import Task
from ui.pictures import picker
from ui.race import glossary, settings, work
from ui.race.example import show_example
from ui.race.job import measure_again, race_job
from ui.race.link import PHOTOS, RaceSettings
from ui.race.live import show_running
from ui.race.pictures import entries
from ui.race.result import show_before, show_done
from ui.widgets import form
from ui.widgets.embed import embedded
from ui.widgets.waiting import show_aside

layout.open_page("MALT against AutoAttack", glossary.INTRODUCTION)
complaints = form.follow(RaceSettings).complaints
left, right = layout.columns()
with left:
    picker.choose_photos(PHOTOS, "photos")
    pictures, trouble = entries(network_info(st.session_state.model), st.session_state.crop)
    settings.main_settings()
    pressed = form.start_button(RaceSettings, "Start", "start", ready=bool(pictures))
    settings.more_settings()

pressed = st.session_state.pop("race_now", False) or pressed
chosen = form.current(RaceSettings)
task = Task("race")
key = work.race_key(chosen, pictures) if pictures else None
raced = task.follow(key, start=pressed, recall=True)
form.remember(chosen, run=raced)

with right:
    layout.complain([*complaints, *trouble])
    show_aside(task)
    if raced:
        job = race_job(task, chosen, pictures, retry=pressed)
        if job.state == "done":
            show_done(task, job, chosen, pictures, showing=settings.started(pressed))
            settings.show_link(chosen)
            if not embedded():
                again = (chosen, pictures)
                st.button("Measure again", icon=":material/replay:", on_click=measure_again, args=again)
        else:
            show_running(task, job, chosen, pictures)
    elif not show_before(task.stopped(key) if key else [], chosen, pictures):
        show_example(chosen, pictures)
        settings.show_link(chosen)
if pressed:
    layout.scroll_to_running()
