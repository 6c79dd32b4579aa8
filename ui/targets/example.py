"""What the page opens with; scripts/make_targets_example.py computes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from malt_core.explanations.record import ClassesRecord, DistancesRecord, RanksRecord
from malt_core.explanations.types import LogitStep
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from ui.targets.link import TargetsSettings
from ui.targets.work import TwoTargets

FILE = assets_folder() / "examples" / "targets.json"


@dataclass(frozen=True)
class StoredTargets:
    """One example for each view. settings: of the first two; many: of images that are not kept."""

    settings: TargetsSettings
    classes: ClassesRecord
    distances: DistancesRecord
    targets: TwoTargets
    trace: tuple[LogitStep, ...]
    many: RanksRecord


@cache
def stored_targets() -> StoredTargets:
    """The example that is stored."""
    return typed(StoredTargets, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))
