"""A visitor's weights, looked at in a process of their own, one at a time, then built here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st

from malt_core.errors import BadConfig
from malt_core.models.providers import uploaded
from malt_core.models.providers.uploaded import Spec
from malt_core.own_network.apart import examine_apart, limits, too_large
from malt_core.own_network.types import Labelled, Step
from ui.address import own as own_here
from ui.own import glossary


@dataclass(frozen=True)
class Given:
    """What the form holds, as it was typed."""

    data: bytes
    name: str
    arch: str
    classes: str
    size: str
    mean: str
    std: str
    picture: bytes
    picture_name: str
    label: str


@st.cache_resource(show_spinner=False)
def _turn() -> threading.Semaphore:
    """One at a time: each takes a process with PyTorch in it."""
    return threading.Semaphore(1)


def looked_at(given: Given) -> Iterator[Step | str | uploaded.Own]:
    """Yield what goes on, each step, and, if none failed that must not, the network, which is kept then.

    Raises BadConfig for what is typed wrongly, and where the server is full.
    """
    limit = limits()
    if len(given.data) > limit.file_mb * 1e6:
        raise BadConfig(too_large(given.name, len(given.data), limit))
    spec, names = spec_of(given), names_of(given)
    labelled = Labelled(given.picture, given.picture_name, given.label) if given.picture else None
    if labelled is not None and not given.label.strip():
        raise BadConfig("Say what the picture shows: a class, by name or number.")
    own_here.forget()
    if uploaded.count() >= limit.networks:
        raise BadConfig(glossary.FULL)
    turn = _turn()
    while not turn.acquire(timeout=0.5):
        yield glossary.BUSY
    try:
        yield glossary.AT_WORK
        fine = True
        for step in examine_apart(spec, given.data, names, labelled, limit):
            fine = fine and not step.fatal
            yield step
        if fine:
            own = uploaded.build(spec, given.data, names)
            own_here.keep(own)
            yield own
    finally:
        turn.release()


def spec_of(given: Given) -> Spec:
    """What is typed. Raises BadConfig where it cannot be meant."""
    size = given.size.strip()
    if size and not size.isdecimal():
        raise BadConfig(f"The size is a whole number of pixels, such as 224, not “{size[:20]}”.")
    three = {
        name: uploaded.numbers(text.replace(",", " ").split()) if text.strip() else None
        for name, text in (("mean", given.mean), ("std", given.std))
    }
    return Spec(path=given.name, arch=given.arch.strip(), size=int(size) if size else None, **three)


def names_of(given: Given) -> tuple[str, ...] | None:
    """The names of the classes, None where none are typed."""
    return uploaded.read_names(given.classes.encode(), "The list") if given.classes.strip() else None
