"""What the page opens with; scripts/make_answers_example.py computes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from ui.answers.link import AnswersSettings
from ui.answers.work import Known

FILE = assets_folder() / "examples" / "answers.json"


@dataclass(frozen=True)
class StoredAnswers:
    """A run computed ahead, and the settings that it is of."""

    settings: AnswersSettings
    known: Known


@cache
def stored_answers() -> StoredAnswers:
    """The example that is stored."""
    return typed(StoredAnswers, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))
