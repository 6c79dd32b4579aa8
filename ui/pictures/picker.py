"""Choosing pictures: photographs of the gallery, files of one's own, the camera."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import cache

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from malt_core.images import arrays
from malt_core.images.gallery import find_photo, open_photo, thumbnail_bytes
from malt_core.images.kinds import ACCEPTED
from malt_core.types import Crop
from ui.address.parameters import PageSettings, Several
from ui.pictures.answers import groups
from ui.pictures.crop_frame import draw_frame
from ui.pictures.picture import (
    CAMERA,
    CAMERA_FILE,
    UPLOAD,
    Picture,
    gallery_picture,
    own_image,
    own_picture,
    picture_of,
)
from ui.widgets.form import changed, shows
from ui.widgets.markdown import plain

THUMBNAIL = 96
_ROW = ".st-key-picker [data-testid='stButtonGroup'] > div[role]"
# So many pictures that they have a scroll bar of their own; a thumbnail that is chosen has a thick edge.
_ROW_CSS = f"""
{_ROW} {{ max-height: 13.4rem; overflow-y: auto; padding: 3px; }}
{_ROW} > :has(span[data-testid=stIconMaterial]) {{ flex: 1 1 40%; }}
{_ROW}::before, {_ROW}::after {{ flex-basis: 100%; font-size: 0.875rem; margin-top: 0.25rem; }}
{_ROW} > [aria-checked=true], {_ROW} > [aria-pressed=true], {_ROW} > [aria-selected=true] {{
  outline: 3px solid var(--st-primary-color, #0067a5); outline-offset: -1px;
}}
"""
# A link may name one far down: its row is scrolled, and nothing else. By keys, one enters the row at the
# picture that is chosen; Streamlit's own way in is its first button.
_TO_CHOSEN = f"""<script>{{
  window.maltPicker ??= document.addEventListener("focusin", ({{ target, relatedTarget }}) => {{
    const row = target.closest("{_ROW}");
    if (!row || row.contains(relatedTarget) || !target.matches(":focus-visible")) return;
    row.querySelector(":is([aria-checked=true], [aria-pressed=true])")?.focus();
  }}) ?? true;
  let tries = 50;
  const timer = setInterval(() => {{
    const row = document.querySelector("{_ROW}"), chosen = row?.querySelector("[aria-checked=true] img");
    if (!--tries || chosen?.complete) clearInterval(timer);
    const end = (element) => element.getBoundingClientRect().bottom;
    if (chosen) row.scrollTop += end(chosen) - end(row) + 8;
  }}, 200);
}}</script>"""
# No uploader is given a list of kinds: by it browsers hide files and Streamlit refuses them, by their names,
# without the advice that their bytes allow.
WHAT_UPLOAD = (
    f"A {ACCEPTED} file, whatever its name. It stays on the computer that runs this page, and is "
    "scaled down to what the model sees; of an animation, the first frame is taken."
)


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


def choose_photo(record: type[PageSettings], key: str) -> None:
    """Draw the picker of one picture; those that the model names right come first."""
    parameter = record.parameters()[key]
    if shows(key):
        with st.container(key="picker"):
            st.pills(
                parameter.label,
                _in_groups((UPLOAD, CAMERA)),
                default=st.session_state[key],  # see ui/widgets/form.py
                format_func=label,
                key=key,
                required=True,
                help=parameter.help,
                on_change=changed,
                args=(record, key),
            )


def choose_photos(parameter: Several, key: str) -> None:
    """Draw the picker of several pictures."""
    if shows(key):
        with st.container(key="picker"):
            st.pills(
                parameter.label,
                _in_groups((UPLOAD,)),
                default=st.session_state[key],  # see ui/widgets/form.py
                selection_mode="multi",
                format_func=label,
                key=key,
                help=parameter.help,
            )


def _in_groups(own: tuple[str, ...]) -> list[str]:
    """The choices of a picker, with a line of words between the groups of photographs.

    One widget holds them all. The words are drawn by the two pseudo-elements that its row of buttons has.
    """
    first, *others = groups(st.session_state.model)
    end, rules = len(own) + len(first.photos), [_ROW_CSS]
    for place, (group, pseudo) in enumerate(zip(others, ("before", "after"), strict=False), start=1):
        rules.append(f"{_ROW}::{pseudo} {{ content: '{group.words}'; order: {2 * place - 1}; }}")
        rules.append(f"{_ROW} > :nth-child(n + {end + 1}) {{ order: {2 * place}; }}")
        end += len(group.photos)
    st.html(f"<style>{' '.join(rules)}</style>{_TO_CHOSEN}", unsafe_allow_javascript=True)
    return [*own, *first.photos, *(photo for group in others for photo in group.photos)]


def chosen_picture(
    photo: str,
    size: tuple[int, int],
    crop: Crop,
    on_another: Callable[[], None] | None = None,
    *,
    upload_help: str = WHAT_UPLOAD,
) -> Picture | None:
    """The picture that is chosen, at size (H, W); None while an upload or the camera has to deliver it.

    on_another: called when these deliver another picture. upload_help: what the uploader says that it takes.
    Raises BadImage for a file that cannot be used.
    """
    if photo not in (UPLOAD, CAMERA):
        if shows("crop"):
            with st.expander("Choose the part", key="part"):
                whole, box = open_photo(photo, "fit"), find_photo(photo).box
                draw_frame(whole, size, crop, centre=box, alt=find_photo(photo).alt, choose=_cut)
        return _kept((photo, size, crop), lambda: gallery_picture(photo, size, crop))
    file = _own_file(photo, on_another, upload_help)
    if file is None:
        return None
    name = CAMERA_FILE if photo == CAMERA else file.name
    if file.getvalue().startswith(arrays.START):  # it has the network's size: nothing is cut
        return _kept((file.file_id, size), lambda: own_picture(file.getvalue(), name, size, "centre"))
    image = _original(file, name)
    if shows("crop"):
        draw_frame(image, size, crop, centre=None, alt=f"Your picture {name}", choose=_cut)
    picture = _kept((file.file_id, size, crop), lambda: picture_of(image, name, size, crop))
    if picture.remark:
        st.caption(plain(picture.remark))
    return picture


def _cut(crop: Crop) -> None:
    """Have the network see this part; for callbacks."""
    st.session_state.crop = crop


def _original(file: UploadedFile, name: str) -> Image.Image:
    """The picture in the file, decoded once for all parts of it that may be chosen."""
    state = st.session_state
    if "original" not in state or state.original[0] != file.file_id:
        state.original = file.file_id, own_image(file.getvalue(), name)
    return state.original[1]


def own_file(photo: str) -> UploadedFile | None:
    """The file that the user has chosen, or the camera has delivered."""
    return st.session_state.get("own_file", {}).get(photo)


def put_back(photo: str, file: UploadedFile | None) -> None:
    """Have this file be the one that is chosen, in place of what the uploader was given."""
    state = st.session_state
    if photo in (UPLOAD, CAMERA) and file is not own_file(photo):
        state.setdefault("own_file", {})[photo] = file
        state.uploader = state.get("uploader", 0) + 1  # another widget, which is empty


def hand_on(file: UploadedFile) -> None:
    """Have a file of `own_files` that turned out to be a picture be the one of pages that take one; once."""
    handed: set[str] = st.session_state.setdefault("handed_on", set())
    if file.file_id not in handed:
        handed.add(file.file_id)
        put_back(UPLOAD, file)


def _own_file(photo: str, on_another: Callable[[], None] | None, upload_help: str) -> UploadedFile | None:
    """Draw what delivers a file. When the page is returned to, it is empty; what it delivered stays."""
    state = st.session_state
    again = f"-{state.uploader}" if state.get("uploader") else ""

    def another() -> None:
        state.get("own_file", {}).pop(photo, None)
        state.pop("picture", None)
        state.pop("picture_key", None)
        if on_another:
            on_another()

    if photo == UPLOAD:
        key = f"file{again}"
        file = st.file_uploader("A picture of yours", key=key, help=upload_help, on_change=another)
    else:
        file = st.camera_input("Take a picture", key=f"shot{again}", on_change=another)
        st.caption(
            "No picture? The browser asks for leave to use the camera; undo a refusal in its address bar."
        )
    if file is not None:
        state.setdefault("own_file", {})[photo] = file
    elif (kept := own_file(photo)) is not None:
        st.caption(f"Still here: {plain(kept.name)}.")
    return own_file(photo)


def own_files() -> Sequence[UploadedFile]:
    """Pictures of the user's own. When the page is returned to, the uploader is empty; what it held stays.
    Until it has held any, a picture that was attacked takes part.
    """
    state = st.session_state
    files = st.file_uploader(
        "Pictures of yours",
        accept_multiple_files=True,
        key="files",
        help=WHAT_UPLOAD,
        on_change=lambda: state.pop("own_files", None),
    )
    if files:
        state.own_files = files
        return files
    kept = state.get("own_files") or list(state.get("own_file", {}).values())
    if kept:
        st.caption(f"Still here: {plain(', '.join(file.name for file in kept))}.")
    return kept


def picture_at(photo: str, size: tuple[int, int], crop: Crop, now: Picture) -> Picture:
    """What `chosen_picture` has just returned for this choice, `now`, at another size (H, W)."""
    if photo not in (UPLOAD, CAMERA):
        return gallery_picture(photo, size, crop)
    image = st.session_state.original[1] if now.array is None else now.image
    return picture_of(image, now.name, size, crop)


def picture_now() -> Picture | None:
    """What `chosen_picture` returned last, None once a file has been taken back; for callbacks."""
    return st.session_state.get("picture")


def _kept(key: tuple, make: Callable[[], Picture]) -> Picture:
    """Decode a picture once, not on every rerun."""
    if st.session_state.get("picture_key") != key:
        st.session_state.picture = make()
        st.session_state.picture_key = key
    return st.session_state.picture
