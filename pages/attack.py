"""The Attack page: settings on the left; on the right the picture, the attack as it runs, and its result."""

from __future__ import annotations

import streamlit as st

from malt_core.errors import MaltError
from malt_core.models.catalogue import model_info
from ui import glossary, link, picture, settings, work
from ui.attack import attack_job, files_of
from ui.example import stored_view
from ui.jobs import Job
from ui.link import Settings
from ui.live import watch
from ui.plain import plain
from ui.ready import show_glance
from ui.result import show_result
from ui.runtime import seat
from ui.style import apply_style, scroll_to_running
from ui.work import Picture


def show_attack(job: Job, chosen: Settings, image: Picture, url: str | None) -> None:
    """Draw a job at whatever stage it is."""
    if job.state == "done":
        show_result(job.events[-1].view, files_of(chosen, image), url)
        return
    with st.container(key="running"):
        show_glance(chosen, image)
        with st.container():
            if job.state == "failed":
                st.error(job.error)
            else:
                watch(job, chosen.steps, model_info(chosen.model).classes)


apply_style()
state = st.session_state
st.title("Fool a neural network, and see how", anchor=False)
st.markdown(glossary.INTRODUCTION)
complaints = settings.follow_link()
left, right = st.columns([1, 2.4], gap="large")
image, trouble = None, ""
with left:
    picture.choose_photo()
    try:
        image = picture.chosen_picture(state.photo, model_info(state.model).size, state.crop)
    except MaltError as error:
        trouble = str(error)
    settings.main_settings()
    pressed = st.button("Attack", type="primary", width="stretch", disabled=image is None, key="attack")
    settings.more_settings()

chosen = settings.current()
key = image and work.attack_key(chosen, image)
if image and (pressed or state.attack_now):
    state.attacked, state.attack_now = key, False
if state.attacked != key or not image:
    state.attacked = None
    seat().leave("attack")
settings.remember(chosen, attacked=state.attacked is not None)
url = f"{(st.context.url or '').rstrip('/')}/?{link.address(chosen)}" if chosen.shareable else None

with right:
    for complaint in complaints:
        st.warning(plain(complaint))
    if trouble:
        st.error(plain(trouble))
    elif image is None:
        st.info("Upload a picture to begin." if chosen.photo == link.UPLOAD else "Take a picture to begin.")
    elif state.attacked:
        show_attack(attack_job(chosen, image, anew=pressed), chosen, image, url)
        if pressed:
            scroll_to_running()
    elif view := stored_view(chosen):
        st.caption("An example, computed ahead with these settings. **Attack** computes it before your eyes.")
        show_result(view, files_of(chosen, image), url)
    else:
        show_glance(chosen, image)
        st.markdown(
            "Press **Attack** to search for a change, at most as large as ε, that changes the model's answer."
        )
