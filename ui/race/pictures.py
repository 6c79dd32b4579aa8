"""The pictures of a race: photographs of the gallery, and files of one's own."""

from __future__ import annotations

import io
from dataclasses import dataclass

import streamlit as st

from malt_core.attacks.outcome import Truth
from malt_core.errors import MaltError
from malt_core.images.gallery import true_classes
from malt_core.race.record import Entrant
from malt_core.types import Crop, ModelInfo
from ui.pictures.picker import hand_on, own_files
from ui.pictures.picture import UPLOAD, Picture, gallery_picture, own_picture
from ui.race.link import PHOTOS
from ui.widgets.markdown import plain

MOST = 12  # pictures in a race


@dataclass(frozen=True)
class Entry:
    """A picture of the race. truth: what it shows, see malt_core/attacks/outcome.py."""

    picture: Picture
    truth: Truth


def png(picture: Picture) -> bytes:
    """A PNG file of the picture, as the model sees it."""
    buffer = io.BytesIO()
    picture.image.save(buffer, "PNG")
    return buffer.getvalue()


def entrant(entry: Entry) -> Entrant:
    """The same for the record of the race."""
    picture = entry.picture
    return Entrant(
        name=picture.name,
        source=picture.source,
        credit=picture.credit,
        sha256=picture.digest,
        truth=entry.truth,
    )


def entries(info: ModelInfo, crop: Crop) -> tuple[list[Entry], list[str]]:
    """The pictures chosen, at the model's resolution, and complaints about those that cannot be used."""
    chosen = PHOTOS.in_order(st.session_state.photos)
    found = [gallery_entry(photo, info, crop) for photo in chosen if photo != UPLOAD]
    own, complaints = _own(info.size, crop) if UPLOAD in chosen else ([], [])
    found += [Entry(picture, None) for picture in own]
    if len(found) > MOST:
        complaints.append(f"A race takes {MOST} pictures at most: the last {len(found) - MOST} do not start.")
    return found[:MOST], complaints


def gallery_entry(photo: str, info: ModelInfo, crop: Crop) -> Entry:
    """A photograph of the gallery, at the model's resolution."""
    return Entry(gallery_picture(photo, info.size, crop), true_classes(photo, info))


def _own(size: tuple[int, int], crop: Crop) -> tuple[list[Picture], list[str]]:
    """The user's pictures at size (H, W), and complaints about files that are none."""
    state = st.session_state
    before: dict[tuple, Picture] = state.get("own_pictures", {})
    state.own_pictures, complaints = {}, []
    for file in own_files():
        key = (file.file_id, size, crop)
        try:
            picture = before.get(key) or own_picture(file.getvalue(), file.name, size, crop)
            state.own_pictures[key] = picture
            hand_on(file)
            if picture.remark:
                st.caption(plain(picture.remark))
        except MaltError as error:
            complaints.append(str(error))
    return list(state.own_pictures.values()), complaints
