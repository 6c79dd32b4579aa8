"""What the page opens with; scripts/make_defences_example.py computes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from malt_core.certificates.types import CertifiedRecord
from malt_core.defence_run.proof_types import TwoLayerProof
from malt_core.defence_run.record import DefencesRecord
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed

FILE = assets_folder() / "examples" / "defences.json"


@dataclass(frozen=True)
class StoredDefences:
    """One example for each view, of images that are not kept."""

    columns: DefencesRecord
    certified: CertifiedRecord
    points: TwoLayerProof


@cache
def stored_defences() -> StoredDefences:
    """The example that is stored."""
    return typed(StoredDefences, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))
