"""A finished run as plain JSON: all that a page draws, so that a stored one looks like a fresh one."""

from __future__ import annotations

import dataclasses
from typing import Any

from malt_core import exports, words
from malt_core.images import png_bytes
from malt_core.player import payload
from malt_core.types import Run
from ui.work import as_text


def view_of(run: Run) -> dict[str, Any]:
    """What ui/result.py draws.

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
        "record": exports.run_record(run),
        "player": payload(run) if run.linearity else None,
        "trace": [dataclasses.asdict(step) for step in result.trace],
        "names": {str(index): run.model.classes[index] for index in sorted(attacked)},
        "name": run.sample.name,
        "robust": run.model.robust,
        "original_png": as_text(png_bytes(run.sample.x)),
        "adversarial_png": as_text(exports.adversarial_png(run)),
        "command": exports.repeat_command(run),
    }
