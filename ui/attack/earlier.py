"""Earlier results of this tab: a strip of small pictures. One is shown again by a click, two side by side."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from malt_core.attack_run import story
from malt_core.export.bundles.read import Bundle
from malt_core.export.snapshot import Snapshot
from malt_core.networks import network_info
from ui.attack.link import AttackSettings
from ui.attack.question import forget_told, truth_of
from ui.compute.task import Task
from ui.pictures import picker
from ui.pictures.picture import Picture
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.player import show_player

MOST, MOST_BYTES = 8, 100_000_000  # results that a tab keeps, of about a megabyte each, and files for them
SIDE = 96  # pixels of a small picture
PAIR = 2


@dataclass(frozen=True)
class Earlier:
    """A result that was shown, with what it was of. file: the user's own, None for the gallery's pictures.

    bundle: the whole run, where the browser has computed it.
    """

    settings: AttackSettings
    picture: Picture
    snapshot: Snapshot
    file: UploadedFile | None
    bundle: Bundle | None = None

    @property
    def setting(self) -> str:
        """Network and ε, in few words."""
        return f"{network_info(self.settings.model).title}, ε = {self.settings.epsilon}"


def _results() -> dict[str, Earlier]:
    """By key, see work.attack_key; the oldest first."""
    return st.session_state.setdefault("earlier", {})


def _pinned() -> list[str]:
    return st.session_state.setdefault("pinned", [])


def keep(
    key: str,
    settings: AttackSettings,
    picture: Picture,
    snapshot: Snapshot,
    bundle: Bundle | None = None,
) -> None:
    """Put down a result that is shown; the oldest that is not pinned makes room for it."""
    results = _results()
    if bundle is None and (before := results.get(key)):
        bundle = before.bundle
    results[key] = Earlier(settings, picture, snapshot, picker.own_file(settings.photo), bundle)
    for old in [old for old in results if old not in (key, *_pinned())]:
        if len(results) <= MOST and _bytes(results) <= MOST_BYTES:
            return
        del results[old]


def drop(key: str) -> None:
    """Forget a result, for it is computed again."""
    _results().pop(key, None)


def _bytes(results: dict[str, Earlier]) -> int:
    """Of the users' files, each once."""
    files = {result.file.file_id: result.file.size for result in results.values() if result.file}
    return sum(files.values())


def recall(key: str | None) -> Earlier | None:
    """The result of that key, if it is among those kept."""
    return _results().get(key)


def show_strip(now: str | None) -> None:
    """Draw the small pictures once there are two. now: the key of the result that is shown."""
    results = _results()
    if len(results) < PAIR:
        return
    st.caption("Earlier results of this tab:")
    # Buttons, not one widget with a value: what a browser says of a value may be older than what is shown.
    with st.container(key="earlier", horizontal=True, gap="xsmall"):
        for key, result in results.items():
            st.button(
                _label(result),
                type="primary" if key == now else "secondary",
                key=f"earlier-{key[:12]}",
                help=f"{result.picture.name}, {result.setting}",
                on_click=_show_again,
                args=(key,),
            )


def show_pin(key: str) -> None:
    """Draw the button that pins the result that is shown, or takes it off."""
    pinned = _pinned()
    if key in pinned:
        st.button("Unpin", icon=":material/keep_off:", key="unpin", on_click=lambda: pinned.remove(key))
        return
    other = f"beside {plain(recall(pinned[-1]).setting)}" if pinned else "to see it beside another"
    st.button(f"Pin {other}", icon=":material/keep:", key="pin", on_click=lambda: _pin(key))


def show_pair(now: str) -> bool:
    """Draw two pinned results side by side, if there are two and now is one, and return whether so."""
    pair = [(key, result) for key in _pinned() if (result := recall(key))]
    if len(pair) < PAIR or now not in _pinned():
        return False
    for column, (key, result) in zip(st.columns(PAIR, gap="medium"), pair, strict=True):
        with column, st.container(key=f"pinned-{key[:8]}"):
            st.markdown(f"**{plain(result.setting)}**")
            record = result.snapshot.record
            st.markdown(f"#### {plain(story.headline(record, truth_of(result.settings)))}", anchors=False)
            show_player(result.snapshot.player, key=f"pair-{key[:8]}")
            st.button(
                "Unpin",
                icon=":material/keep_off:",
                key=f"unpin-{key[:8]}",
                on_click=lambda key=key: _pinned().remove(key),
            )
    return True


def _pin(key: str) -> None:
    pinned = _pinned()
    pinned.append(key)
    del pinned[:-PAIR]


def _show_again(key: str) -> None:
    """Set everything to what the result of that key was of."""
    result = recall(key)
    truth = form.current(AttackSettings).truth if Task("attack").key == key else result.settings.truth
    forget_told()
    form.fill(replace(result.settings, truth=truth))
    picker.put_back(result.settings.photo, result.file)
    Task("attack").start(key)


def _label(result: Earlier) -> str:
    image = Image.open(io.BytesIO(result.snapshot.adversarial_png)).convert("RGB")
    buffer = io.BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    words = plain(f"{result.picture.name}, {result.setting}")
    return f"![{words}](data:image/jpeg;base64,{data})"
