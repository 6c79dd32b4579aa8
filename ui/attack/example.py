"""The result that plays on opening, of the default settings; scripts/make_attack_example.py computes it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import streamlit as st

from malt_core.storage.assets import assets_folder
from ui.attack.link import AttackSettings
from ui.attack.result import Files, show_result

FILE = assets_folder() / "examples" / "default.json"


@cache
def _stored() -> tuple[AttackSettings, dict[str, Any]]:
    stored = json.loads(FILE.read_text("utf-8"))
    return AttackSettings(**stored["settings"]), stored["view"]


def stored_view(settings: AttackSettings) -> dict[str, Any] | None:
    """The view of these settings (see view.py) if it was computed ahead."""
    known, view = _stored()
    return view if settings == known else None


def show_example(settings: AttackSettings, files: Files, link: str | None) -> bool:
    """Draw the stored result if it is of these settings; otherwise return False. See show_result."""
    view = stored_view(settings)
    if view is None:
        return False
    st.caption("An example, computed ahead with these settings. **Attack** computes it before your eyes.")
    show_result(view, files, link)
    return True
