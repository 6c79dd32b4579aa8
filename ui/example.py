"""The result that plays on opening: the default settings' own, computed ahead by assets/examples/make.py."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from malt_core.storage.assets import assets_folder
from ui.link import Settings

FILE = assets_folder() / "examples" / "default.json"


@cache
def _stored() -> tuple[Settings, dict[str, Any]]:
    stored = json.loads(FILE.read_text("utf-8"))
    return Settings(**stored["settings"]), stored["view"]


def stored_view(settings: Settings) -> dict[str, Any] | None:
    """The view of these settings (see ui/view.py) if it was computed ahead."""
    known, view = _stored()
    return view if settings == known else None
