"""The Race page: MALT, AutoAttack and a third attack on the same pictures, lane by lane."""

from __future__ import annotations

import streamlit as st

from malt_core.models.catalogue import model_info
from ui import layout
from ui.compute.task import Task
from ui.pictures import picker
from ui.race import glossary, settings, work
from ui.race.job import measure_again, race_job
from ui.race.link import PHOTOS, RaceSettings
from ui.race.live import show_running
from ui.race.pictures import entries
from ui.race.result import show_before, show_race
from ui.widgets import form
from ui.widgets.waiting import show_aside

layout.open_page("MALT against AutoAttack", glossary.INTRODUCTION)
complaints = form.follow(RaceSettings).complaints
left, right = layout.columns()
with left:
    picker.choose_photos(PHOTOS, "photos")
    pictures, trouble = entries(model_info(st.session_state.model), st.session_state.crop)
    settings.main_settings()
    pressed = form.start_button(RaceSettings, "Start", "start", ready=bool(pictures))
    settings.more_settings()

chosen = form.current(RaceSettings)
task = Task("race")
key = work.race_key(chosen, pictures)
raced = task.follow(key if pictures else None, start=pressed)
form.remember(chosen, run=raced)
about = chosen.lanes, [entry.picture.name for entry in pictures], model_info(chosen.model)

with right:
    layout.complain([*complaints, *trouble])
    show_aside(task)
    if not pictures:
        st.info("Choose at least one picture to begin.")
    elif not raced:
        show_before(task.stopped(key), *about)
    else:
        job = race_job(task, chosen, pictures, retry=pressed)
        if job.state == "done":
            show_race(job.events, *about)
            again = (chosen, pictures)
            st.button("Measure again", icon=":material/replay:", on_click=measure_again, args=again)
            layout.show_link(
                layout.link_of(chosen) if chosen.shareable else None,
                "This race",
                "A link cannot hold pictures of your own: send the pictures along with the settings.",
            )
        else:
            show_running(task, job, *about)
if pressed:
    layout.scroll_to_running()
