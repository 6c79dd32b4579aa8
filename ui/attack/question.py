"""“Is that right?”: what a picture shows, told by one click, so that no wrong answer is called fooled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from malt_core.attacks.outcome import Truth
from malt_core.images.gallery import true_classes
from malt_core.networks import network_info
from ui.address import sync
from ui.address.parameters import NONE_OF_THESE
from ui.attack.link import TRUTH, AttackSettings
from ui.attack.work import Answers, glance_key
from ui.pictures import picker
from ui.pictures.picture import CAMERA, UPLOAD, Picture
from ui.widgets import form
from ui.widgets.markdown import plain

FEW = 3  # answers that are offered beside a result, where one line is all the room there is
SEARCH = 180  # pixels there


def truth_of(settings: AttackSettings) -> Truth:
    """What is known of the picture: what somebody said here, else what the gallery says."""
    info = network_info(settings.model)
    if settings.truth == NONE_OF_THESE:
        return frozenset()
    if settings.truth is not None:
        return frozenset({settings.truth})
    return None if settings.photo in (UPLOAD, CAMERA) else true_classes(settings.photo, info)


def asks(settings: AttackSettings) -> bool:
    """Whether to ask: not where the gallery knows what the picture shows, nor where a link hides it."""
    return form.shows("truth") and (settings.truth is not None or truth_of(settings) is None)


@dataclass(frozen=True)
class Told:
    """What somebody said that a picture shows.

    picture: which. word: "" for none of the network's. model: the network chosen last; known: whether
    it has the word.
    """

    picture: tuple[str, str]
    word: str
    model: str
    known: bool = True


def keep_told() -> None:
    """Have what somebody said of the picture stay said when another network is chosen, as far as that has the
    word, and not stay for another file. To be called before the settings are read.
    """
    state = st.session_state
    picture, model, classes = _identity(state.photo), state.model, network_info(state.model).classes
    told: Told | None = None if sync.by_history() else state.get("told")  # that address knows better
    if told and told.picture != picture:
        if told.picture[0] == state.photo:
            state.truth = None
        told = None
    taken_back = told and told.known and told.model == model
    if state.truth is not None:
        word = "" if state.truth == NONE_OF_THESE else classes[state.truth]
        told = Told(picture, word, model)
    elif told and not taken_back:
        told = replace(told, model=model, known=told.word in classes)
        state.truth = classes.index(told.word) if told.known else None
    else:
        told = None
    state.told = told


def forget_told() -> None:
    """Settings of another picture are put back, with what was said of it; for callbacks."""
    st.session_state.told = None


def _identity(photo: str) -> tuple[str, str]:
    file = picker.own_file(photo)
    return photo, file.file_id if file else ""


def ask(settings: AttackSettings, picture: Picture, answers: Answers, *, brief: bool = False) -> None:
    """Draw the question. answers: the likeliest ones; brief: in one line, where it has been put in words."""
    info, state, now = network_info(settings.model), st.session_state, settings.truth
    likeliest = [index for index, _ in (answers.likeliest[:FEW] if brief else answers.likeliest)]
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

    told: Told | None = state.told
    if told and told.word and now is None:
        st.caption(f"You said that it shows “{plain(told.word)}”. This network has no such word.")
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
            placeholder="Something else" + ("" if brief else f": search its {len(info.classes):,} classes"),
            label_visibility="collapsed",
            key=search,
            on_change=lambda: _tell(key, state[search]),
            width=SEARCH if brief else "stretch",
        )


def _tell(key: str, truth: int | str | None) -> None:
    """Take an answer, unless the question of that key is over: what widgets said that are gone comes once
    more when the next file arrives.
    """
    picture = picker.picture_now()
    if picture is not None and glance_key(form.current(AttackSettings), picture) == key:
        form.put(AttackSettings, "truth", truth)
