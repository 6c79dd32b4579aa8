"""A comparison that goes on where it was interrupted: its record, kept beside what it is of."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from malt_core.defence_run.record import RECORD, DefencesRecord, record_from_bytes
from malt_core.errors import BadConfig
from malt_core.storage.typed_json import plain
from malt_core.storage.whole_files import write_whole

SAME = ("undefended", "data", "fingerprint", "config")  # what makes it the same comparison


def write(record: DefencesRecord, folder: Path) -> Path:
    """Write defences.json into the folder, whole or not at all. Raises OSError."""
    file = folder / RECORD
    write_whole(file, json.dumps(plain(record), indent=1, ensure_ascii=False) + "\n")
    return file


def earlier(folder: Path, fresh: DefencesRecord) -> DefencesRecord:
    """Return what the folder holds of the comparison that `fresh` begins; `fresh` where it holds nothing.

    Raises BadConfig where the folder's comparison is another one.
    """
    file = folder / RECORD
    if not file.exists():
        return fresh
    kept = record_from_bytes(file.read_bytes(), str(file))
    other = [name for name in SAME if getattr(kept, name) != getattr(fresh, name)]
    if [row.id for row in kept.rows] != [row.id for row in fresh.rows]:
        other.append("rows")
    if other:
        raise BadConfig(
            f"{file} is of another comparison, with other {' and other '.join(other)}: choose another folder "
            "with --out."
        )
    return replace(kept, total=max(fresh.total, kept.looked_at))
