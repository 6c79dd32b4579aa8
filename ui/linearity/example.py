"""What the page opens with; scripts/make_linearity_example.py computes it."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cache

from malt_core.explanations.straightness_types import Straightness
from malt_core.networks import network_info
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from ui.linearity.link import LinearitySettings
from ui.pictures.picture import gallery_picture

FILE = assets_folder() / "examples" / "linearity.json"


@dataclass(frozen=True)
class StoredLinearity:
    """A measurement computed ahead, and the settings that it is of. In the file, planes have no picture."""

    settings: LinearitySettings
    found: tuple[Straightness, ...]


@cache
def stored_linearity() -> StoredLinearity:
    """The example that is stored, with the photograph put into its planes."""
    stored = typed(StoredLinearity, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))
    return StoredLinearity(stored.settings, tuple(_pictured(one, stored.settings) for one in stored.found))


def _pictured(found: Straightness, settings: LinearitySettings) -> Straightness:
    picture = gallery_picture(settings.photo, network_info(found.model).size, settings.crop)
    buffer = io.BytesIO()
    picture.image.save(buffer, "PNG")
    planes = {
        view: replace(plane, axes=replace(plane.axes, image=buffer.getvalue()))
        for view, plane in found.planes.items()
    }
    return replace(found, planes=planes)
