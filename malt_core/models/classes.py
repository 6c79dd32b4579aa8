"""Class names by data set, and the way back from what a person types to an index. Needs no torch."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from malt_core.errors import BadConfig

_DATA = Path(__file__).with_name("data")
_SUGGESTIONS = 5


@cache
def class_names(dataset: str) -> tuple[str, ...]:
    """Return the names of "cifar10", "cifar100" or "imagenet" by class index.

    CIFAR's are in torchvision's order and spelling; ImageNet's too, but for six names that people could not
    tell apart (crane the bird or the machine, Cardigan the dog or the jacket, two maillots).
    """
    return tuple(json.loads((_DATA / f"{dataset}_classes.json").read_text(encoding="utf-8")))


def class_index(classes: Sequence[str], text: str) -> int:
    """Return the index in `classes` that a person means by a name or a number given as text.

    Case, underscores, hyphens, brackets and repeated spaces do not matter. Raises BadConfig for a number out
    of range, a name that several classes bear, and an unknown name (with the nearest ones).
    """
    if re.fullmatch(r"\s*[+-]?[0-9]{1,9}\s*", text):
        index = int(text)
        if not 0 <= index < len(classes):
            raise BadConfig(f"There is no class {index}: they are numbered from 0 to {len(classes) - 1}.")
        return index

    wanted = plain_name(text)
    found = [i for i, name in enumerate(classes) if plain_name(name) == wanted]
    if not found:
        found = [i for i, name in enumerate(classes) if plain_name(name.partition("(")[0]) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        meanings = " or ".join(f"{classes[i]!r} (class {i})" for i in found)
        raise BadConfig(f"{text!r} can mean {meanings}. Give the full name or the number.")
    names = " or ".join(map(repr, _nearest(classes, wanted)))
    question = f"Did you mean {names}? " if names else ""
    raise BadConfig(
        f"Unknown class {text!r}. {question}"
        f"The {len(classes)} classes run from {classes[0]!r} to {classes[-1]!r}; their numbers work too."
    )


def plain_name(name: str) -> str:
    """Return a class name without what does not matter when people write it: see `class_index`."""
    return re.sub(r"[\s_()-]+", " ", name).strip().casefold()


def _nearest(classes: Sequence[str], wanted: str) -> list[str]:
    """Names that hold all the wanted words, then names of similar spelling."""
    spelt = {plain_name(name): name for name in classes}
    words = set(wanted.split())
    holding = [plain for plain in spelt if words and words <= set(plain.split())]
    similar = get_close_matches(wanted, spelt, n=_SUGGESTIONS)
    return [spelt[plain] for plain in dict.fromkeys(holding + similar)][:_SUGGESTIONS]
