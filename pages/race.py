"""The Race page: MALT, AutoAttack and a third attack on the same pictures, lane by lane."""

from __future__ import annotations

import streamlit as st

from malt_core.models.catalogue import model_info
from ui import glossary, race_link, race_pictures, race_settings, race_work, settings
from ui.plain import plain
from ui.race_job import measure_again, race_job, stop, stopped_events
from ui.race_link import RaceSettings
from ui.race_pictures import Entry
from ui.race_show import show_race, watch
from ui.style import apply_style, scroll_to_running


def show(chosen: RaceSettings, entries: list[Entry], key: str, *, pressed: bool) -> None:
    """Draw the race at whatever stage it is."""
    about = chosen.lanes, [entry.picture.name for entry in entries], model_info(chosen.shared.model)
    if not state.attacked:
        if events := stopped_events(key):
            st.info(
                "Stopped. **Start** runs the lanes that had not come to their end, from their beginning; "
                "the others keep their results."
            )
            show_race(events, *about)
        else:
            st.markdown(glossary.RACE_BEFORE)
        return
    job = race_job(chosen, entries, retry=pressed)
    if job.state == "done":
        show_race(job.events, *about)
        st.button("Measure again", icon=":material/replay:", on_click=measure_again, args=(chosen, entries))
        share(chosen)
    elif job.finished:
        st.error(job.error)
        if job.events:
            show_race(job.events, *about)
    else:
        with st.container(key="running"), st.container():
            watch(job, *about)


def share(chosen: RaceSettings) -> None:
    """The link that starts this race."""
    if chosen.shareable:
        st.caption("This race as a link:")
        url = f"{(st.context.url or '').rstrip('/')}?{race_link.address(chosen)}"
        st.code(url, language=None, wrap_lines=True)
    else:
        st.caption("A link cannot hold pictures of your own: send the pictures along with the settings.")


apply_style()
state = st.session_state
st.title("MALT against AutoAttack", anchor=False)
st.markdown(glossary.RACE_INTRODUCTION)
complaints = race_settings.follow_link()
left, right = st.columns([1, 2.4], gap="large")
with left:
    race_pictures.choose_photos()
    entries, trouble = race_pictures.entries(model_info(state.model), state.crop)
    settings.main_settings()
    race_settings.third_lane()
    pressed = st.button("Start", type="primary", width="stretch", disabled=not entries, key="start")
    race_settings.more_settings()

chosen = race_settings.current()
key = race_work.race_key(chosen, entries)
if state.attacked not in (None, key):
    stop()  # the settings have changed
if entries and (pressed or state.attack_now):
    state.attacked, state.attack_now = key, False
race_settings.remember(chosen, raced=state.attacked is not None)

with right:
    for complaint in [*complaints, *trouble]:
        st.warning(plain(complaint))
    if entries:
        show(chosen, entries, key, pressed=pressed)
    else:
        st.info("Choose at least one picture to begin.")
if pressed:
    scroll_to_running()
