"""The left side of the Transfer page: its settings as widgets, and its images."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from malt_core.datasets.base import Record
from malt_core.models.catalogue import model_info
from malt_core.transfer.classes import check_classes
from malt_core.transfer.images import TransferImage, TransferImages, gallery_images, images_of, photo_image
from malt_core.types import ModelInfo
from ui.pictures import picker
from ui.pictures.data_file import read_many
from ui.pictures.picture import CAMERA, UPLOAD
from ui.transfer import glossary
from ui.transfer.link import TransferSettings
from ui.widgets.form import draw
from ui.widgets.markdown import plain

_NOT_EVERYWHERE = ("photo", "crop", "n", "norm")


def keep_hidden() -> None:
    """Keep what the widgets say that are not drawn; Streamlit drops it otherwise."""
    for name in _NOT_EVERYWHERE:
        st.session_state[name] = st.session_state[name]


def choose_images() -> TransferImages | None:
    """Draw the choice of images and return them, None while they are waited for. Raises MaltError."""
    draw(TransferSettings, "source")
    state = st.session_state
    infos = [model_info(id) for id in dict.fromkeys((state.model, *state.beside))]
    check_classes(infos, infos)
    ids = tuple(info.id for info in infos)
    if state.source == "photo":
        return _picture(infos)
    if state.source != UPLOAD:
        draw(TransferSettings, "n")
        return _held(("gallery", ids, state.n), lambda: gallery_images(infos, state.n))
    return _file(infos)


def _picture(infos: list[ModelInfo]) -> TransferImages | None:
    picker.choose_photo(TransferSettings, "photo")
    state = st.session_state
    picture = picker.chosen_picture(state.photo, infos[0].size, state.crop)
    if picture is None:
        return None
    if state.photo not in (UPLOAD, CAMERA):
        image = photo_image(state.photo, infos, state.crop)
        if not any(image.truth.values()):  # nobody says what it shows
            image = TransferImage(image.record, None, image.crop)
    else:
        whole = picture.image if picture.array is not None else state.original[1]
        image = TransferImage(Record(0, picture.name, -1, whole), None, state.crop)
    return TransferImages(picture.name, (image,))


def _file(infos: list[ModelInfo]) -> TransferImages | None:
    state = st.session_state
    file = st.file_uploader(
        "A ZIP or a parquet file",
        key="transfer_upload",
        help=glossary.FILE,
        on_change=lambda: state.pop("transfer_file", None),
    )
    st.caption(glossary.UNLABELLED)
    draw(TransferSettings, "n")
    if file is not None:
        state.transfer_file = file.file_id, file.name, file.getvalue()
    elif "transfer_file" in state:
        st.caption(f"Still here: {plain(state.transfer_file[1])}.")
    else:
        return None
    id_, name, data = state.transfer_file
    key = (id_, tuple(info.id for info in infos), state.n)
    return _held(key, lambda: images_of(read_many(data, name, infos[0], state.n), infos[0], infos))


def _held(key: tuple, read: Callable[[], TransferImages]) -> TransferImages:
    """Read images once, not on every rerun."""
    state = st.session_state
    if state.get("transfer_key") != key:
        state.transfer_data = read()
        state.transfer_key = key
    return state.transfer_data


def main_settings() -> None:
    """The networks, and how far the attack may go."""
    draw(TransferSettings, "model", "beside", "eps")


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        draw(TransferSettings, "compare", "steps", "seed")
