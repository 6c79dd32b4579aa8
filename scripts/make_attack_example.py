"""Compute the examples that the Attack page shows by itself: `python -m scripts.make_attack_example`."""

from __future__ import annotations

import json

from malt_core import load_model
from malt_core.export.snapshot import Snapshot
from malt_core.models.catalogue import model_info
from malt_core.storage.typed_json import plain
from malt_core.storage.whole_files import write_whole
from ui.attack import work
from ui.attack.example import EXAMPLES, FOLDER, StoredExample
from ui.attack.link import AttackSettings
from ui.attack.work import Outcome
from ui.pictures.picture import gallery_picture


def compute(settings: AttackSettings) -> Snapshot:
    """What the page draws of these settings, computed by the page's own job."""
    picture = gallery_picture(settings.photo, model_info(settings.model).size, settings.crop)
    *_, outcome = work.attack(settings, picture)(load_model(settings.model))
    assert isinstance(outcome, Outcome)
    return outcome.snapshot


def main() -> None:
    for name, settings in EXAMPLES.items():
        stored = plain(StoredExample(settings, compute(settings)))
        file = FOLDER / f"{name}.json"
        write_whole(file, json.dumps(stored, ensure_ascii=False, separators=(",", ":")))
        print(f"wrote {file} ({file.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
