"""Compute the example that the Attack page plays on opening: `python -m assets.examples.make`."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from malt_core import load_model
from malt_core.models.catalogue import DEFAULT_MODEL, model_info
from ui import link, work
from ui.example import FILE
from ui.link import Settings
from ui.work import Outcome


def default_settings() -> Settings:
    """What the page says before anybody touches it."""
    return link.read({}, [link.DEFAULT_PHOTO], [DEFAULT_MODEL], model_info)[0]


def compute(settings: Settings) -> dict[str, Any]:
    """The view (see ui/view.py) of these settings, computed by the page's own job."""
    picture = work.gallery_picture(settings.photo, model_info(settings.model).size, settings.crop)
    *_, outcome = work.attack(settings, picture)(load_model(settings.model))
    assert isinstance(outcome, Outcome)
    return outcome.view


def main() -> None:
    settings = default_settings()
    stored = {"settings": dataclasses.asdict(settings), "view": compute(settings)}
    FILE.write_text(json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True), "utf-8")
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
