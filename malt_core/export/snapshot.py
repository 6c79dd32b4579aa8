"""All that a page draws of a finished run, as plain values: kept, stored and sent without the run's tensors.

Neither importing this nor reading a snapshot needs torch: a page shows the stored example before torch has
loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from malt_core.attack_run import way
from malt_core.attack_run.player import payload
from malt_core.attack_run.record import RunRecord, record_of
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import Step
from malt_core.export.commands import attack_command
from malt_core.storage.typed_json import plain, typed


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A finished attack on one image, as a page draws it.

    record: run.json. way_sentence: how straight the way was. Both it and player, what the path player shows
    (player.payload), are empty where nothing was attacked. trace: every step of the attack. names: of the
    label, the class predicted at first and all attacked classes, by index. name: of the picture. robust:
    whether the model was trained to resist attacks. original_png, adversarial_png: PNG files at the model's
    resolution. command: repeats the run.
    """

    way_sentence: str
    record: RunRecord
    player: dict[str, Any] | None
    trace: tuple[Step, ...]
    names: dict[int, str]
    name: str
    robust: bool
    original_png: bytes
    adversarial_png: bytes
    command: str


def snapshot_of(run: AttackRun) -> Snapshot:
    """Return what a page draws of the run. Needs torch."""
    from malt_core.attack_run.pictures import adversarial_png
    from malt_core.images.pixels import png_bytes

    result = run.result
    named = {step.target for step in result.trace} | {result.label, result.clean_index}
    return Snapshot(
        way_sentence=way.way_sentence(run),
        record=record_of(run),
        player=payload(run) if run.linearity else None,
        trace=result.trace,
        names={index: run.model.classes[index] for index in sorted(named)},
        name=run.sample.name,
        robust=run.model.robust,
        original_png=png_bytes(run.sample.x),
        adversarial_png=adversarial_png(run),
        command=attack_command(run),
    )


def snapshot_to_json(snapshot: Snapshot) -> dict[str, Any]:
    """Return the snapshot as JSON holds it: indices as text, pictures as base64."""
    return plain(snapshot)


def snapshot_from_json(content: Any, where: str) -> Snapshot:
    """Return the snapshot with this content. where: for messages. Raises BadConfig for any other."""
    return typed(Snapshot, content, where)
