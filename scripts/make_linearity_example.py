"""Compute the measurement that the Linearity page opens with: `python -m scripts.make_linearity_example`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from malt_core import load_model
from malt_core.explanations.plane_types import Plane
from malt_core.explanations.straightness_types import Doing, Straightness
from malt_core.images.gallery import find_photo
from malt_core.models.catalogue import model_info
from malt_core.storage.typed_json import plain
from malt_core.storage.whole_files import write_whole
from ui.linearity import work
from ui.linearity.example import FILE, StoredLinearity
from ui.linearity.link import LinearitySettings
from ui.pictures.picture import gallery_picture

SETTINGS = LinearitySettings.read({}).settings
DIGITS = 8  # significant ones: the microscopic scale is about small differences
DECIMALS = {"margin": 2, "linear": 2, "clipped": 3}  # of a plane's points


def compute(settings: LinearitySettings) -> tuple[Straightness, ...]:
    """What the page draws of these settings, computed by the page's own job."""
    pictures = {
        model: gallery_picture(settings.photo, model_info(model).size, settings.crop)
        for model in settings.models
    }
    events = []
    for event in work.linearity(settings, pictures)([load_model(model) for model in settings.models]):
        events.append(event)
        if isinstance(event, Doing):
            print(f"\r{event.share:4.0%} {event.what:100.100}", end="", flush=True)
    print()
    return tuple(_small(one, all_views=place == 0) for place, one in enumerate(work.measured(events)))


def _small(found: Straightness, *, all_views: bool) -> Straightness:
    """Leave out the photograph, which the gallery has, and unless all are wanted, the lesser views."""
    kept = dict(list(found.planes.items())[: None if all_views else 1])
    return replace(found, planes={view: _unpictured(plane) for view, plane in kept.items()})


def _unpictured(plane: Plane) -> Plane:
    return replace(plane, axes=replace(plane.axes, image=b""))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {
            key: [round(one, DECIMALS[key]) for one in part]
            if key in DECIMALS and "n" in value
            else _rounded(part)
            for key, part in value.items()
        }
    return [_rounded(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    assert find_photo(SETTINGS.photo).licence not in ("", "none stated"), "may it be passed on?"
    stored = plain(StoredLinearity(SETTINGS, compute(SETTINGS)))
    write_whole(FILE, json.dumps(_rounded(stored), ensure_ascii=False, separators=(",", ":")))
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
