"""“Is that right?”: what a picture shows, told by one click, so that no wrong answer is called fooled."""

from __future__ import annotations

import streamlit as st

from malt_core.attacks.outcome import Truth
from malt_core.images.gallery import true_classes
from malt_core.models.catalogue import model_info
from ui.address.parameters import NONE_OF_THESE
from ui.attack.link import TRUTH, AttackSettings
from ui.attack.work import Answers, glance_key
from ui.pictures import picker
from ui.pictures.picture import CAMERA, UPLOAD, Picture
from ui.widgets import form


def truth_of(settings: AttackSettings) -> Truth:
    """What is known of the picture: what somebody said here, else what the gallery says."""
    info = model_info(settings.model)
    if settings.truth == NONE_OF_THESE:
        return frozenset()
    if settings.truth is not None:
        return frozenset({settings.truth})
    return None if settings.photo in (UPLOAD, CAMERA) else true_classes(settings.photo, info)


def asks(settings: AttackSettings) -> bool:
    """Whether to ask: not where the gallery knows what the picture shows, nor where a link hides it."""
    return form.shows("truth") and (settings.truth is not None or truth_of(settings) is None)


def ask(settings: AttackSettings, picture: Picture, answers: Answers, *, brief: bool = False) -> None:
    """Draw the question. answers: the likeliest ones; brief: in one line, where it has been put in words."""
    info, state, now = model_info(settings.model), st.session_state, settings.truth
    likeliest = [index for index, _ in answers]
    offered = [*likeliest, NONE_OF_THESE]
    # Another picture, network or answer makes other widgets: what a browser says of a value may be older than
    # what is told now. A click on what was chosen for the last picture would take it back for this one.
    key = glance_key(settings, picture)
    pills, search = f"truth_offered_{key[:12]}_{now}", f"truth_searched_{key[:12]}_{now}"

    def words(choice: int | str) -> str:
        if choice == NONE_OF_THESE:
            return "none of its words"
        name = info.classes[choice]
        return f":material/check: Yes, {name}" if choice == likeliest[0] else f"No, {name}"

    with st.container(key="truth", horizontal=brief, gap="xsmall"):
        st.pills(
            "**Is that right?** What does the picture really show?",
            offered,
            default=now if now in offered else None,
            format_func=words,
            label_visibility="collapsed" if brief else "visible",
            key=pills,
            on_change=lambda: _tell(key, state[pills]),
            width="content",
        )
        st.selectbox(
            TRUTH.label,
            range(len(info.classes)),
            index=None if now in offered else now,
            format_func=lambda index: info.classes[index],
            placeholder=f"Something else: search its {len(info.classes):,} classes",
            label_visibility="collapsed",
            key=search,
            on_change=lambda: _tell(key, state[search]),
            width=320 if brief else "stretch",
        )


def _tell(key: str, truth: int | str | None) -> None:
    """Take an answer, unless the question of that key is over: what widgets said that are gone comes once
    more when the next file arrives.
    """
    picture = picker.picture_now()
    if picture is not None and glance_key(form.current(AttackSettings), picture) == key:
        form.put(AttackSettings, "truth", truth)
