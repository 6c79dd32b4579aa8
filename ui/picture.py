"""Choosing the picture: a photograph of the gallery, an upload, or the camera."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache

import streamlit as st

from malt_core.images.gallery import find_photo, gallery, thumbnail_bytes
from malt_core.models.catalogue import model_info
from malt_core.types import Crop, ModelInfo
from ui import glossary
from ui.link import CAMERA, UPLOAD
from ui.work import Picture, gallery_picture, own_picture

THUMBNAIL = 96
TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"]


@cache
def label(photo_id: str) -> str:
    """A picker's label: the thumbnail with its title."""
    if photo_id == UPLOAD:
        return ":material/upload: Your photo"
    if photo_id == CAMERA:
        return ":material/photo_camera: Camera"
    photo = find_photo(photo_id)
    data = base64.b64encode(thumbnail_bytes(photo_id, THUMBNAIL)).decode("ascii")
    return f"![{photo.title}](data:image/jpeg;base64,{data})"


def choose_photo() -> None:
    """The picker; what it says is the widget state `photo`."""
    with st.container(key="photos"):
        st.pills(
            "Picture",
            [*(photo.id for photo in gallery(model_info(st.session_state.model).dataset)), UPLOAD, CAMERA],
            default=st.session_state.photo,  # see ui/settings.py
            format_func=label,
            key="photo",
            required=True,
            help=glossary.PHOTO,
        )


def chosen_picture(photo: str, size: tuple[int, int], crop: Crop) -> Picture | None:
    """The picture that is chosen, at size (H, W); None while an upload or the camera has to deliver it.

    Raises BadImage for a file that cannot be used.
    """
    if photo == UPLOAD:
        file = st.file_uploader("A picture of yours", TYPES, key="file", help=glossary.UPLOAD)
    elif photo == CAMERA:
        file = st.camera_input("Take a picture", key="shot")
        st.caption(
            "No picture? The browser asks for leave to use the camera; undo a refusal in its address bar."
        )
    else:
        return _kept((photo, size, crop), lambda: gallery_picture(photo, size, crop))
    if file is None:
        return None
    name = "camera picture" if photo == CAMERA else file.name
    return _kept((file.file_id, size, crop), lambda: own_picture(file.getvalue(), name, size, crop))


def truth_note(photo: str, info: ModelInfo, label: str) -> str:
    """What to know before one trusts the label: "" where it is what the gallery photo shows, or unknown."""
    if photo in (UPLOAD, CAMERA):
        return ""
    truth = find_photo(photo).truth.get(info.dataset)
    if truth is None:
        return (
            f"None of the network's {len(info.classes):,} words certainly names what this photo shows. "
            f"“{label}” is its own answer, and that is what the attack changes."
        )
    return "" if truth == label else f"The photo really shows “{truth}”; the network takes it for “{label}”."


def _kept(key: tuple, make: Callable[[], Picture]) -> Picture:
    """Decode a picture once, not on every rerun."""
    if st.session_state.get("picture_key") != key:
        st.session_state.picture = make()
        st.session_state.picture_key = key
    return st.session_state.picture
