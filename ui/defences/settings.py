"""The left side of the Defences page: its settings as widgets, and the images that go through the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import streamlit as st

from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import InMemoryData
from malt_core.datasets.pictures import UNLABELLED
from malt_core.images.gallery import gallery, open_photo
from malt_core.images.photographs import GalleryPhoto
from malt_core.models.classes import class_index
from malt_core.networks import network_info
from malt_core.types import ModelInfo
from ui.defences import glossary
from ui.defences.link import VIEW, DefencesSettings
from ui.pictures import picker
from ui.pictures.data_file import read_many
from ui.pictures.picture import Picture
from ui.widgets.form import changed, draw, shows
from ui.widgets.markdown import plain

_SOMETIMES = ("photo", "crop", "n", "defences", "steps", "targets", "draws", "samples")
"""The settings that are not always drawn."""
ENOUGH = 10  # photographs with a label; fewer say little


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
            args=(DefencesSettings, "view"),
        )


def keep_hidden() -> None:
    """Keep what the widgets say that are not drawn now; Streamlit drops it otherwise."""
    for name in _SOMETIMES:
        st.session_state[name] = st.session_state[name]


def choose_images() -> InMemoryData | None:
    """Draw the choice of images and return them, None while a file is waited for. Raises MaltError."""
    draw(DefencesSettings, "source")
    state = st.session_state
    info = network_info(state.model)
    if state.source == "gallery":
        st.caption(glossary.UNLABELLED)
        return _held(("gallery", info.dataset), lambda: _photographs(info))
    if state.source == "one":
        picker.choose_photo(DefencesSettings, "photo")
        picture = picker.chosen_picture(state.photo, info.size, state.crop)
        return None if picture is None else _one(picture)
    file = st.file_uploader(
        "A ZIP or a parquet file",
        key="defences_upload",
        help=glossary.FILE,
        on_change=lambda: state.pop("defences_file", None),
    )
    draw(DefencesSettings, "n")
    if file is not None:
        state.defences_file = file.file_id, file.name, file.getvalue()
    elif "defences_file" in state:
        st.caption(f"Still here: {plain(state.defences_file[1])}.")
    else:
        return None
    return _read(*state.defences_file, info, state.n)


def _read(id_: str, name: str, data: bytes, info: ModelInfo, n: int) -> InMemoryData:
    return _held((id_, info.id, n), lambda: read_many(data, name, info, n))


def _photographs(info: ModelInfo) -> InMemoryData:
    """All photographs of the gallery, with labels where the model knows what enough of them show."""

    def label(photo: GalleryPhoto) -> int:
        truth = photo.truth.get(info.dataset, ())
        return class_index(info.classes, truth[0]) if len(truth) == 1 else UNLABELLED

    labels = [label(photo) for photo in gallery()]
    known = sum(one != UNLABELLED for one in labels) >= ENOUGH
    content = tuple(
        Record(place, photo.id, one if known else UNLABELLED, open_photo(photo.id))
        for place, (photo, one) in enumerate(zip(gallery(), labels, strict=True))
        if not known or one != UNLABELLED
    )
    return _named("gallery photos", content)


def _one(picture: Picture) -> InMemoryData:
    """One picture, cut already; without a label."""
    return _named(picture.name, (Record(0, picture.name, UNLABELLED, picture.image),))


def _named(name: str, content: tuple[Record, ...]) -> InMemoryData:
    digest = hashlib.sha256(repr([(one.name, one.digest) for one in content]).encode()).hexdigest()
    return InMemoryData(path=name, name=name, fingerprint=digest, content=content)


def _held(key: tuple, read: Callable[[], InMemoryData]) -> InMemoryData:
    """Read images once, not on every rerun."""
    state = st.session_state
    if state.get("defences_data_key") != key:
        state.defences_data = read()
        state.defences_data_key = key
    return state.defences_data


def main_settings(view: str) -> None:
    """The network, the radius and the defences, or the samples."""
    if view == "columns":
        draw(DefencesSettings, "model", "eps", "defences")
    else:
        draw(DefencesSettings, "samples")


def more_settings(view: str) -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        own = ("steps", "targets", "draws", "norm") if view == "columns" else ()
        draw(DefencesSettings, *own, "seconds", "seed")
