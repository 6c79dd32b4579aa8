"""The pictures of a race: photographs of the gallery, and files of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from malt_core.errors import MaltError
from malt_core.types import Crop, ModelInfo
from ui.pictures.picker import own_files
from ui.pictures.picture import UPLOAD, Picture, gallery_picture, own_picture
from ui.pictures.truth import true_class
from ui.race.link import PHOTOS

MOST = 12  # pictures in a race


@dataclass(frozen=True)
class Entry:
    """A picture of the race. label: index of the class that it certainly shows, None where unknown."""

    picture: Picture
    label: int | None


def entries(info: ModelInfo, crop: Crop) -> tuple[list[Entry], list[str]]:
    """The pictures chosen, at the model's resolution, and complaints about those that cannot be used."""
    chosen = PHOTOS.in_order(st.session_state.photos)
    found = [
        Entry(gallery_picture(photo, info.size, crop), true_class(photo, info))
        for photo in chosen
        if photo != UPLOAD
    ]
    own, complaints = _own(info.size, crop) if UPLOAD in chosen else ([], [])
    found += [Entry(picture, None) for picture in own]
    if len(found) > MOST:
        complaints.append(f"A race takes {MOST} pictures at most: the last {len(found) - MOST} do not start.")
    return found[:MOST], complaints


def _own(size: tuple[int, int], crop: Crop) -> tuple[list[Picture], list[str]]:
    """The user's pictures at size (H, W), and complaints about files that are none."""
    state = st.session_state
    before: dict[tuple, Picture] = state.get("own_pictures", {})
    state.own_pictures, complaints = {}, []
    for file in own_files():
        key = (file.file_id, size, crop)
        try:
            state.own_pictures[key] = before.get(key) or own_picture(file.getvalue(), file.name, size, crop)
        except MaltError as error:
            complaints.append(str(error))
    return list(state.own_pictures.values()), complaints
