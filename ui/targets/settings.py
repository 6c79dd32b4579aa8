"""The left side of the Targets page: its settings as widgets, and the images of “Many images”."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from malt_core.datasets.in_memory import InMemoryData, gallery_data
from malt_core.networks import network_info
from malt_core.types import ModelInfo
from ui.pictures import picker
from ui.pictures.data_file import read_many
from ui.pictures.picture import UPLOAD, Picture
from ui.targets import glossary
from ui.targets.link import VIEW, TargetsSettings
from ui.widgets.form import changed, draw, shows
from ui.widgets.markdown import plain

_OWN: dict[str, tuple[str, ...]] = {
    "classes": ("photo", "which", "measured"),
    "two": ("photo", "steps"),
    "many": ("source", "n", "steps"),
}
"""The settings that not every view draws, by view."""
_ALL = {name for names in _OWN.values() for name in names}


def choose_view() -> None:
    """Draw what there is to look at."""
    if shows("view"):
        st.segmented_control(
            VIEW.label,
            VIEW.options,
            default=st.session_state.view,  # see ui/widgets/form.py
            format_func=VIEW.title,
            key="view",
            required=True,
            label_visibility="collapsed",
            on_change=changed,
            args=(TargetsSettings, "view"),
        )


def choose_picture() -> Picture | None:
    """Draw the picker and return what is chosen, None while it is waited for. Raises MaltError."""
    picker.choose_photo(TargetsSettings, "photo")
    state = st.session_state
    return picker.chosen_picture(state.photo, network_info(state.model).size, state.crop)


def choose_images() -> InMemoryData | None:
    """Draw the choice of many images and return them, None while a file is waited for. Raises MaltError."""
    draw(TargetsSettings, "source")
    info, state = network_info(st.session_state.model), st.session_state
    if state.source != UPLOAD:
        return _held((info.id,), lambda: gallery_data(info))
    file = st.file_uploader(
        "A ZIP or a parquet file",
        key="many_file",
        help=glossary.FILE,
        on_change=lambda: state.pop("targets_file", None),
    )
    st.caption(glossary.UNLABELLED)
    draw(TargetsSettings, "n")
    if file is not None:
        state.targets_file = file.file_id, file.name, file.getvalue()
    elif "targets_file" in state:
        st.caption(f"Still here: {plain(state.targets_file[1])}.")
    else:
        return None
    return _read(*state.targets_file, info, state.n)


def _read(id_: str, name: str, data: bytes, info: ModelInfo, n: int) -> InMemoryData:
    return _held((id_, info.id, n), lambda: read_many(data, name, info, n))


def _held(key: tuple, read: Callable[[], InMemoryData]) -> InMemoryData:
    """Read images once, not on every rerun."""
    state = st.session_state
    if state.get("targets_data_key") != key:
        state.targets_data = read()
        state.targets_data_key = key
    return state.targets_data


def keep_hidden(view: str) -> None:
    """Keep what the widgets say that this view does not draw; Streamlit drops it otherwise."""
    for name in _ALL - set(_OWN[view]) | {"crop"}:
        st.session_state[name] = st.session_state[name]
    if view == "many" and st.session_state.source != UPLOAD:
        st.session_state.n = st.session_state.n


def main_settings(view: str) -> None:
    """The network and the radius."""
    draw(TargetsSettings, "model", "eps", *([] if view == "classes" else ["steps"]))


def more_settings(view: str) -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        draw(TargetsSettings, *(["which", "measured"] if view == "classes" else []), "norm", "seed")
