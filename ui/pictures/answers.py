"""What the offline networks answer about the gallery: stored ahead by scripts/make_gallery_answers.py.

Sorting the gallery by it needs neither torch nor the networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from malt_core.images.gallery import gallery, true_classes
from malt_core.networks import network_info, weights_digest
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed

FILE = assets_folder() / "examples" / "gallery_answers.json"


@dataclass(frozen=True)
class Answer:
    """The likeliest class, by index, and its softmax, 0 to 1."""

    index: int
    confidence: float


@dataclass(frozen=True)
class NetworkAnswers:
    """The answers of one network by photo. weights: the SHA-256 of the file that it had then."""

    weights: str
    photos: dict[str, Answer]


@dataclass(frozen=True)
class Group:
    """Photographs of the gallery that stand together in a picker, and what to say above them."""

    words: str
    photos: tuple[str, ...]


@cache
def _stored() -> dict[str, NetworkAnswers]:
    return typed(dict[str, NetworkAnswers], parse_json(FILE.read_bytes(), str(FILE)), str(FILE))


@cache
def stored_answers(model: str) -> dict[str, Answer] | None:
    """What the model says of each photo, None where nothing is stored for the weights that it has now."""
    stored = _stored().get(model)
    return stored.photos if stored and stored.weights == weights_digest(model) else None


@cache
def groups(model: str) -> tuple[Group, ...]:
    """The gallery as a picker shows it for a model: what it names right comes first."""
    info = network_info(model)
    answers = stored_answers(model)
    right, known, rest = [], [], []
    for photo in (photo.id for photo in gallery()):
        classes = true_classes(photo, info)
        if not classes:
            rest.append(photo)
        elif answers is not None and photo in answers and answers[photo].index in classes:
            right.append(photo)
        else:
            known.append(photo)
    wrong = "It gets these wrong without any help:" if answers else "It has a word for these:"
    doubt = ", as far as we can tell" if any(true_classes(photo, info) is None for photo in rest) else ""
    outside = f"Not among its {len(info.classes):,} words{doubt}:"
    found = (
        Group("This network names these right:", tuple(right)),
        Group(wrong, tuple(known)),
        Group(outside, tuple(rest)),
    )
    return tuple(group for group in found if group.photos)
