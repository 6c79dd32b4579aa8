"""What the page opens with; scripts/make_theory_example.py computes it."""

from __future__ import annotations

from functools import cache

from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from malt_core.theory.types import DeepRecord, Experiment

FILE = assets_folder() / "examples" / "theory.json"
DEEP_FILE = assets_folder() / "examples" / "theory-deep.json"


@cache
def stored_experiment() -> Experiment:
    """An experiment with the settings that the page opens with."""
    return typed(Experiment, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))


@cache
def stored_deep() -> tuple[DeepRecord, ...]:
    """The same measurement on deep networks, each on several photographs of the gallery."""
    return typed(tuple[DeepRecord, ...], parse_json(DEEP_FILE.read_bytes(), str(DEEP_FILE)), str(DEEP_FILE))
