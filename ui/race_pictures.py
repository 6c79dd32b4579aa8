"""Choosing the pictures of a race: photographs of the gallery, and files of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from malt_core.errors import MaltError
from malt_core.images.gallery import find_photo, gallery
from malt_core.types import Crop, ModelInfo
from ui import glossary
from ui.link import UPLOAD
from ui.picture import TYPES, label
from ui.plain import plain
from ui.work import Picture, gallery_picture, own_picture

MOST = 12  # pictures in a race


@dataclass(frozen=True)
class Entry:
    """A picture of the race. label: index of the class that it certainly shows, None where unknown."""

    picture: Picture
    label: int | None


def choose_photos() -> None:
    """The picker; what it says is the widget state `racers`."""
    with st.container(key="photos"):
        st.pills(
            "Pictures",
            [*(photo.id for photo in gallery()), UPLOAD],
            default=st.session_state.racers,  # see ui/settings.py
            selection_mode="multi",
            format_func=label,
            key="racers",
            help=glossary.RACE_PHOTOS,
        )


def entries(info: ModelInfo, crop: Crop) -> tuple[list[Entry], list[str]]:
    """The pictures chosen, at the model's resolution, and complaints about those that cannot be used."""
    photos = [photo.id for photo in gallery() if photo.id in st.session_state.racers]
    found = [Entry(gallery_picture(photo, info.size, crop), truth(photo, info)) for photo in photos]
    own, complaints = _own(info.size, crop) if UPLOAD in st.session_state.racers else ([], [])
    found += [Entry(picture, None) for picture in own]
    if len(found) > MOST:
        complaints.append(f"A race takes {MOST} pictures at most: the last {len(found) - MOST} do not start.")
    return found[:MOST], complaints


def truth(photo: str, info: ModelInfo) -> int | None:
    """Index of the class that a gallery photo certainly shows, None where the model has no word for it."""
    name = find_photo(photo).truth.get(info.dataset)
    return info.classes.index(name) if name in info.classes else None


def _own(size: tuple[int, int], crop: Crop) -> tuple[list[Picture], list[str]]:
    """The user's pictures at size (H, W), and complaints about files that are none.

    When the page is returned to, the uploader is empty; what it held stays.
    """
    state = st.session_state
    files = st.file_uploader(
        "Pictures of yours",
        TYPES,
        accept_multiple_files=True,
        key="files",
        help=glossary.UPLOAD,
        on_change=lambda: state.pop("own_files", None),
    )
    if files:
        state.own_files = files
    elif "own_files" in state:
        st.caption(f"Still here: {plain(', '.join(file.name for file in state.own_files))}.")
    before: dict[tuple, Picture] = state.get("own_pictures", {})
    state.own_pictures, complaints = {}, []
    for file in state.get("own_files", []):
        key = (file.file_id, size, crop)
        try:
            state.own_pictures[key] = before.get(key) or own_picture(file.getvalue(), file.name, size, crop)
        except MaltError as error:
            complaints.append(str(error))
    return list(state.own_pictures.values()), complaints
