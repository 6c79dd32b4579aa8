"""What the page opens with; scripts/make_transfer_example.py computes it."""

from __future__ import annotations

from functools import cache

from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from malt_core.transfer.record import TransferRecord

FILE = assets_folder() / "examples" / "transfer.json"


@cache
def stored_transfer() -> TransferRecord:
    """The example that is stored."""
    return typed(TransferRecord, parse_json(FILE.read_bytes(), str(FILE)), str(FILE))
