"""Compute what the Targets page opens with: `python -m scripts.make_targets_example RANKS.json`.

RANKS.json is what `malt ranks ... --json` printed; the images that it is of are not kept. The rest is
computed by the page's own jobs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from malt_core import load_model
from malt_core.explanations.record import ClassesRecord, DistancesRecord, RanksRecord
from malt_core.explanations.types import LogitStep
from malt_core.models.catalogue import model_info
from malt_core.storage.typed_json import parse_json, plain, typed
from malt_core.storage.whole_files import write_whole
from ui.pictures.picture import gallery_picture
from ui.targets import work
from ui.targets.example import FILE, StoredTargets
from ui.targets.link import TargetsSettings

DIGITS = 6  # of a number that is stored


def compute(settings: TargetsSettings, many: RanksRecord) -> StoredTargets:
    """What the page draws of these settings."""
    model = load_model(settings.model)
    picture = gallery_picture(settings.photo, model_info(settings.model).size, settings.crop)
    classes = list(work.classes(settings, picture)(model))
    two = list(work.two(settings, picture)(model))
    trace = [event for event in two if isinstance(event, LogitStep)]
    return StoredTargets(
        settings=settings,
        classes=work.latest(classes, ClassesRecord),
        distances=work.latest(classes, DistancesRecord),
        targets=work.latest(two, work.TwoTargets),
        trace=tuple(
            replace(step, logits=tuple(tuple(round(z, 3) for z in row) for row in step.logits))
            for step in trace
        ),
        many=many,
    )


def main() -> None:
    (source,) = sys.argv[1:]
    many = typed(RanksRecord, parse_json(Path(source).read_bytes(), source), source)
    stored = plain(compute(TargetsSettings.opening(), many))
    write_whole(FILE, json.dumps(_shortened(stored), ensure_ascii=False, separators=(",", ":")))
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


def _shortened(value: object) -> object:
    """Return the same with fewer digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    return [_shortened(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
