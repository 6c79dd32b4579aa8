"""Store what the Transfer page opens with: `python -m scripts.make_transfer_example TRANSFER.json NAME`.

TRANSFER.json is what `malt transfer ... --out` wrote; the images that it is of are not kept. NAME: what
people read for them, in place of the file's name.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from malt_core.storage.typed_json import parse_json, typed
from malt_core.storage.whole_files import write_whole
from malt_core.transfer.record import TransferRecord, transfer_to_json
from ui.transfer.example import FILE


def main() -> None:
    source, name = sys.argv[1:]
    record = typed(TransferRecord, parse_json(Path(source).read_bytes(), source), source)
    stored = transfer_to_json(replace(record, data=name))
    write_whole(FILE, json.dumps(stored, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
