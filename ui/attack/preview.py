"""What the model sees and says, before and while it is attacked."""

from __future__ import annotations

import streamlit as st

from malt_core.formatting import exact_percent
from malt_core.models.catalogue import model_info
from malt_core.types import ModelInfo
from ui.attack import glossary, work
from ui.attack.link import AttackSettings
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.session import shelf, tab
from ui.pictures.picture import UPLOAD, Picture
from ui.pictures.truth import truth_note
from ui.widgets.waiting import EVERY

SIDE = 220  # pixels on screen
NAMED = 20  # with more classes than this they are not listed


def show_before(settings: AttackSettings, picture: Picture | None) -> None:
    """Draw what there is before an attack, and say how to begin."""
    if picture is None:
        st.info("Upload a picture to begin." if settings.photo == UPLOAD else "Take a picture to begin.")
        return
    show_glance(settings, picture)
    st.markdown(
        "Press **Attack** to search for a change, at most as large as ε, that changes the model's answer."
    )


def show_glance(settings: AttackSettings, picture: Picture) -> None:
    """Draw the picture at the model's resolution, and its likeliest answers as soon as they are known."""
    info = model_info(settings.model)
    height, width = info.size
    with st.container(key="glance", horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(key="pixels", width=SIDE):
            st.image(
                picture.image, width=SIDE, output_format="PNG", alt=f"{picture.alt}, as the model sees it"
            )
        with st.container(width="stretch"):
            st.markdown(f"**What the model sees:** {width} × {height} pixels.", help=glossary.WHAT_SEES)
            if info.offline or shelf().has(info.id):
                _answer(settings, picture)
            else:
                st.markdown(f"{info.title} is downloaded and asked when you press **Attack**.")
            st.caption(_vocabulary(info))
            if picture.credit:
                st.caption(f"Photo: {picture.credit}")


def _answer(settings: AttackSettings, picture: Picture) -> None:
    job = tab().watch(
        "glance",
        work.glance_key(settings, picture),
        load=load_model(settings.model),
        work=work.glance(picture),
        quick=True,
    )
    if job.state == "done":
        (first, share), *others = job.events[0]
        rest = ", ".join(f"{name} ({exact_percent(part)})" for name, part in others)
        st.markdown(f"It says **{first}** ({exact_percent(share)}), then {rest}.")
        if note := truth_note(settings.photo, model_info(settings.model), first):
            st.caption(note)
    elif job.finished:
        st.error(job.error)
    else:
        _wait(job)


@st.fragment(run_every=EVERY)
def _wait(job: Job) -> None:
    if job.finished:
        st.rerun()
    st.progress(job.share or 0.0, text=job.note or "Looking at the picture …")


def _vocabulary(info: ModelInfo) -> str:
    """What the model can say at all: a picture of anything else gets one of these names, too."""
    if len(info.classes) > NAMED:
        return f"It knows {len(info.classes):,} classes and calls every picture one of them."
    return (
        f"It knows {len(info.classes)} words and calls every picture one of them: {', '.join(info.classes)}."
    )
