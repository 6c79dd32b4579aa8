"""Compute what the Theory page opens with: `python -m scripts.make_theory_example [--deep-only]`.

The experiment takes half a minute, the deep networks (--images photographs each) a few.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from malt_core import load_model
from malt_core.images.gallery import gallery
from malt_core.models.catalogue import model_info
from malt_core.storage.typed_json import plain
from malt_core.storage.whole_files import write_whole
from malt_core.theory.experiment import run
from malt_core.theory.types import DeepRecord, Experiment, SweepPoint, TheoryConfig
from ui.theory import work
from ui.theory.example import DEEP_FILE, FILE

DIGITS = 5  # that each number keeps
MODELS = (
    "tiny-imagenet/robust",
    "tiny-imagenet/regularised",
    "tiny-imagenet/noise",
    "tiny-imagenet/standard",
    "tiny-imagenet/distilled",
    "imagenet/efficientnet-lite0",
)


def experiment(config: TheoryConfig) -> Experiment:
    """All of an experiment."""
    events = []
    for event in run(config):
        events.append(event)
        if isinstance(event, SweepPoint):
            print(f"\r{event.varied} {event.value:g}, seed {event.seed}  ", end="", flush=True)
    print()
    return Experiment.of(events)


def deep(models: tuple[str, ...], images: int) -> Iterator[DeepRecord]:
    """The measurement on each of these networks, from the first photographs of the gallery."""
    for model_id in models:
        model = load_model(model_id)
        for photo in gallery()[:images]:
            *_, record = work.deep(photo.id)(model)
            print(f"{model_id} {photo.id} {model_info(model_id).classes[record.target]}", flush=True)
            yield record


def rounded(value: Any) -> Any:
    """The same JSON with fewer digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20, help="photographs for each deep network")
    parser.add_argument("--deep-only", action="store_true", help="leave the experiment as it is")
    args = parser.parse_args()
    files = {} if args.deep_only else {FILE: experiment(TheoryConfig())}
    files[DEEP_FILE] = tuple(deep(MODELS, args.images))
    for file, content in files.items():
        write_whole(file, json.dumps(rounded(plain(content)), separators=(",", ":")))
        print(f"wrote {file} ({file.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
