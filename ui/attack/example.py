"""The results that are shown without computing: what the page opens with, and the same photograph elsewhere.

scripts/make_attack_example.py computes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import streamlit as st

from malt_core.export.snapshot import Snapshot
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from ui.attack.link import ROBUST, AttackSettings
from ui.widgets import form

FOLDER = assets_folder() / "examples"
EXAMPLES = {"default": AttackSettings.opening(), "robust": AttackSettings.opening_on(ROBUST)}
"""The settings that each is of, by the name of its file."""


@dataclass(frozen=True)
class StoredExample:
    """A result computed ahead, and the settings that it is of."""

    settings: AttackSettings
    snapshot: Snapshot


@cache
def stored_example(name: str) -> StoredExample:
    """The example of that name. Raises BadConfig for a file that is none."""
    file = FOLDER / f"{name}.json"
    return typed(StoredExample, parse_json(file.read_bytes(), str(file)), str(file))


def stored_snapshot(settings: AttackSettings) -> Snapshot | None:
    """The result of these settings, if it is stored."""
    return next((stored_example(name).snapshot for name, of in EXAMPLES.items() if of == settings), None)


def show_other_example(settings: AttackSettings) -> None:
    """Draw the way from one example to the other: the same photograph, undefended and robust."""
    undefended = settings == EXAMPLES["default"]
    words, other = ("On a robust network", "robust") if undefended else ("Back to the first", "default")
    st.button(
        words,
        icon=":material/shield:" if undefended else ":material/arrow_back:",
        key="other_example",
        help="A stored result, computed ahead. **Attack** computes it before your eyes.",
        on_click=lambda: form.fill(EXAMPLES[other]),
    )
