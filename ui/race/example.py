"""The race that is replayed on opening; scripts/make_race_example.py computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import streamlit as st

from malt_core.networks import network_info
from malt_core.race.record import RaceRecord
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from ui.race import glossary
from ui.race.link import RaceSettings
from ui.race.pictures import Entry, gallery_entry, png
from ui.race.result import Shown, show_race
from ui.widgets.embed import say_origin

FILE = assets_folder() / "examples" / "race.json"


@dataclass(frozen=True)
class StoredRace:
    """A race computed ahead, and the settings that it is of. No picture is stored: they are the gallery's."""

    settings: RaceSettings
    record: RaceRecord


@cache
def stored_race() -> StoredRace:
    """The example that is stored."""
    return typed(StoredRace, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))


@cache
def stored_images() -> tuple[bytes, ...]:
    """Its pictures, as in Shown."""
    settings = stored_race().settings
    info = network_info(settings.model)
    return tuple(png(gallery_entry(photo, info, settings.crop).picture) for photo in settings.photos)


def show_example(chosen: RaceSettings, entries: Sequence[Entry]) -> None:
    """Draw the stored race, whatever is chosen, and say which settings it is of, and what Start would do."""
    stored = stored_race()
    if chosen == stored.settings:
        say_origin(glossary.EXAMPLE_OF_THIS)
    else:
        if not entries:
            st.info(glossary.NO_PICTURE)
        elif chosen != RaceSettings.read({}).settings:
            st.caption(glossary.NOT_KEPT)
        network, eps = network_info(stored.record.model).title, stored.settings.epsilon
        st.caption(glossary.EXAMPLE.format(network=network, eps=eps))
    show_race(Shown(stored.record, stored_images()), settings=stored.settings)
