"""The result that plays on opening: the default settings' own, computed ahead by assets/examples/make.py."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ui.link import Settings

FILE = Path(__file__).resolve().parent.parent / "assets" / "examples" / "default.json"


@cache
def _stored() -> tuple[Settings, dict[str, Any]]:
    stored = json.loads(FILE.read_text("utf-8"))
    return Settings(**stored["settings"]), stored["view"]


def stored_view(settings: Settings) -> dict[str, Any] | None:
    """The view of these settings (see ui/view.py) if it was computed ahead."""
    known, view = _stored()
    return view if settings == known else None
