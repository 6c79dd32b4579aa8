"""The path player as a Streamlit component: everything in it moves in the browser, without the server."""

from __future__ import annotations

from typing import Any

import streamlit as st

from malt_core.attack_run import player

_player = st.components.v2.component(
    "malt_path_player", html='<div class="malt-player"></div>', css=player.style(), js=player.script()
)


def show_player(payload: dict[str, Any], key: str) -> None:
    """Draw the player for a payload of attack_run/player.py; the same payload again keeps its position."""
    _player(key=key, data=payload)
