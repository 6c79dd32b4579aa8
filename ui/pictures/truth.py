"""What a gallery photo certainly shows, as far as a network has a word for it."""

from __future__ import annotations

from malt_core.images.gallery import find_photo
from malt_core.types import ModelInfo
from ui.pictures.picture import CAMERA, UPLOAD


def true_class(photo: str, info: ModelInfo) -> int | None:
    """Index of the class that a gallery photo certainly shows, None where the model has no word for it."""
    name = find_photo(photo).truth.get(info.dataset)
    return info.classes.index(name) if name in info.classes else None


def truth_note(photo: str, info: ModelInfo, label: str) -> str:
    """What to know before one trusts the label: "" where it is what the gallery photo shows, or unknown."""
    if photo in (UPLOAD, CAMERA):
        return ""
    truth = find_photo(photo).truth.get(info.dataset)
    if truth is None:
        return (
            f"None of the network's {len(info.classes):,} words certainly names what this photo shows. "
            f"“{label}” is its own answer, and that is what the attack changes."
        )
    return "" if truth == label else f"The photo really shows “{truth}”; the network takes it for “{label}”."
