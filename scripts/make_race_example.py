"""Compute the race that the Race page replays on opening: `python -m scripts.make_race_example`.

Its times are worth what the machine's quiet is worth meanwhile; its passes are the same everywhere.
"""

from __future__ import annotations

import json

from malt_core import load_model
from malt_core.models.catalogue import model_info
from malt_core.race import words
from malt_core.race.timeline import race_of
from malt_core.storage.typed_json import plain
from malt_core.storage.whole_files import write_whole
from ui.race import work
from ui.race.example import FILE, StoredRace
from ui.race.link import RaceSettings
from ui.race.pictures import gallery_entry
from ui.race.result import shown_of

# What Start would race on: pictures that the network names right.
SETTINGS = RaceSettings.opening()


def compute(settings: RaceSettings) -> StoredRace:
    """What the page draws of these settings, computed by the page's own job."""
    info = model_info(settings.model)
    entries = [gallery_entry(photo, info, settings.crop) for photo in settings.photos]
    events = []
    for event in work.race(settings, entries, work.LaneStore())(load_model(settings.model)):
        events.append(event)
        share, sentence = words.progress(race_of(events, settings.lanes, going_on=True))
        print(f"\r{share:4.0%} {sentence:120.120}", end="", flush=True)
    print()
    shown = shown_of(events, settings, entries)
    assert shown is not None
    return StoredRace(settings, shown.record)


def main() -> None:
    text = json.dumps(plain(compute(SETTINGS)), ensure_ascii=False, separators=(",", ":"))
    write_whole(FILE, text)
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
