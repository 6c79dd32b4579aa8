"""The one place of a page where everything on it can be taken away: figures, tables, records.

`with taking_away(...)` is put around what draws the figures; each says so itself (`offer`), and the place is
drawn where the block ends. What is drawn outside any, such as what still grows, is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

import streamlit as st

from malt_core.export.take_away import KINDS, Taken
from ui.widgets.embed import embedded

LOOKS = {"light": "Light", "dark": "Dark", "square": "Square", "narrow": "Narrow"}
"""The names of malt_core/printing/look.py, for people."""
_offered: ContextVar[list[Taken] | None] = ContextVar("offered", default=None)
_growing: ContextVar[bool] = ContextVar("growing", default=False)


@dataclass(frozen=True)
class Record:
    """A file that is the same whatever figure is chosen. make: called on the click."""

    what: str
    name: str
    make: Callable[[], bytes | str]
    media: str = "application/json"


def offer(taken: Taken) -> None:
    """Have a figure or table offered where the page's block ends, if it has one."""
    if (offered := _offered.get()) is not None:
        offered.append(taken)


@contextmanager
def growing() -> Iterator[None]:
    """Offer nothing in this block: what it draws is drawn again in a moment, and then has more."""
    token = _growing.set(True)
    try:
        yield
    finally:
        _growing.reset(token)


@contextmanager
def taking_away(records: Sequence[Record] = ()) -> Iterator[None]:
    """Draw, after what the block draws, the place to take it all away. Embedded pages have none."""
    offered: list[Taken] = []
    token = _offered.set(offered)
    try:
        yield
    finally:
        _offered.reset(token)
    if (offered or records) and not embedded() and not _growing.get():
        _show(offered, records)


def _show(offered: Sequence[Taken], records: Sequence[Record]) -> None:
    st.markdown("#### Take it away", anchors=False)
    with st.container(key="take_away"):
        if offered:
            _files(_chosen(offered))
        if records:
            with st.container(horizontal=True, gap="small", key="records"):
                for record in records:
                    _download(record.what, record.make, record.name, record.media, f"take_{record.name}")


def _chosen(offered: Sequence[Taken]) -> Taken:
    """Which of them, where there are several."""
    if len(offered) == 1:
        return offered[0]
    by_name = {taken.name: taken for taken in offered}
    name = st.selectbox(
        "Which figure or table",
        list(by_name),
        format_func=lambda name: by_name[name].title,
        key="taken",
    )
    return by_name.get(name, offered[0])


def _files(taken: Taken) -> None:
    look = "light"
    if taken.draw is not None:
        look = st.segmented_control(
            "Picture and drawing",
            list(LOOKS),
            default=look,
            required=True,
            format_func=LOOKS.get,
            key="taken_look",
            help="Light and dark: 1,200 × 675 pixels; square: 1,200 × 1,200; narrow, for phones: 750 wide. "
            "The HTML page follows its reader's theme and width.",
        )
    with st.container(horizontal=True, gap="small", key="taken_files"):
        for ending, kind in KINDS.items():
            if taken.draw is None and kind.drawn:
                continue
            looks = ending in ("png", "svg")
            make = partial(kind.make, taken, look) if looks else partial(kind.make, taken)
            suffix = f"-{look}" if looks and look != "light" else ""
            _download(kind.what, make, f"{taken.name}{suffix}.{ending}", kind.media, f"take_{ending}")


def _download(what: str, make: Callable[[], bytes | str], name: str, media: str, key: str) -> None:
    st.download_button(
        what, make, name, media, key=key, on_click="ignore", icon=":material/download:", type="tertiary"
    )
