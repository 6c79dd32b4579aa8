"""The label of a gallery photo: one class of a network that it certainly shows."""

from __future__ import annotations

from malt_core.images.gallery import find_photo, true_classes
from malt_core.types import ModelInfo
from ui.pictures.answers import stored_answers


def true_class(photo: str, info: ModelInfo) -> int | None:
    """Index of a class that a gallery photo certainly shows, None where the model has no word for it.

    Where several are right it is the one that the network answers, as far as that is stored, or the best.
    """
    right = true_classes(photo, info)
    if not right:
        return None
    answer = (stored_answers(info.id) or {}).get(photo)
    if answer is not None and answer.index in right:
        return answer.index
    return info.classes.index(find_photo(photo).truth[info.dataset][0])
