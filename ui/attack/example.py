"""The result that plays on opening, of the default settings; scripts/make_attack_example.py computes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import streamlit as st

from malt_core.export.snapshot import Snapshot
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from ui.attack.link import AttackSettings
from ui.attack.result import Files, show_result
from ui.pictures.picture import Picture

FILE = assets_folder() / "examples" / "default.json"


@dataclass(frozen=True)
class StoredExample:
    """A result computed ahead, and the settings that it is of."""

    settings: AttackSettings
    snapshot: Snapshot


@cache
def stored_example() -> StoredExample:
    """The example that is stored."""
    return typed(StoredExample, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))


def show_example(settings: AttackSettings, picture: Picture, files: Files, link: str | None) -> bool:
    """Draw the stored result if it is of these settings; otherwise return False. See show_result."""
    stored = stored_example()
    if stored.settings != settings:
        return False
    show_result(stored.snapshot, settings, picture, files, link)
    st.caption("An example, computed ahead with these settings. **Attack** computes it before your eyes.")
    return True
