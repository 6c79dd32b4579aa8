"""A finished run as plain JSON: all that a page draws, so that a stored one looks like a fresh one."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

from malt_core.attack_run import pictures, record, words
from malt_core.attack_run.player import payload
from malt_core.attack_run.types import AttackRun
from malt_core.export import commands
from malt_core.images.pixels import png_bytes


def view_of(run: AttackRun) -> dict[str, Any]:
    """What ui/attack/result.py draws.

    sentence, png_sentence, way_sentence: the result in words; record: run.json; player: the path
    player's payload, None where the image was wrong from the start; trace: the fields of every Step;
    names: class names by index (as text, JSON has no number keys) of all attacked targets; original_png,
    adversarial_png: base64; command: repeats the run.
    """
    result = run.result
    attacked = {step.target for step in result.trace} | {result.label, result.clean_index}
    return {
        "sentence": words.sentence(run),
        "png_sentence": words.png_sentence(run),
        "way_sentence": words.way_sentence(run),
        "record": record.run_record(run),
        "player": payload(run) if run.linearity else None,
        "trace": [dataclasses.asdict(step) for step in result.trace],
        "names": {str(index): run.model.classes[index] for index in sorted(attacked)},
        "name": run.sample.name,
        "robust": run.model.robust,
        "original_png": as_text(png_bytes(run.sample.x)),
        "adversarial_png": as_text(pictures.adversarial_png(run)),
        "command": commands.attack_command(run),
    }


def as_text(data: bytes) -> str:
    """Bytes for a JSON-able view."""
    return base64.b64encode(data).decode("ascii")
