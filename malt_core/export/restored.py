"""A run again from what is stored of it: its figures, film and notebook are made without attacking."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from malt_core.attack_run.record import LinearityRecord, RankedClass, RunRecord
from malt_core.attack_run.types import AttackRun, Likeness
from malt_core.attacks.types import AttackResult, RankedTarget, TargetDone
from malt_core.errors import BadConfig, MaltError
from malt_core.export.commands import recorded_config
from malt_core.export.snapshot import Snapshot
from malt_core.images.pixels import to_tensor
from malt_core.images.resize import pixel_digest
from malt_core.linearity.types import LinearityReport
from malt_core.networks import network_info
from malt_core.types import ModelInfo, NamedClass, Sample

if TYPE_CHECKING:
    from torch import Tensor


def restorable(snapshot: Snapshot) -> bool:
    """Return whether `restored_run` knows both images exactly: 8 bits hold them. Needs no torch."""
    if snapshot.player is None or snapshot.player["delta_type"] == "float32":
        return False
    return pixel_digest(_opened(snapshot.original_png)) == snapshot.record.image.sha256


def restored_run(
    snapshot: Snapshot, original: np.ndarray | None = None, adversarial: np.ndarray | None = None
) -> AttackRun:
    """Return the run of which this is all that is left.

    original, adversarial: (3, H, W) float32 in [0, 1], by default what the PNG files hold. Of the
    probabilities, those of the likeliest classes are known, to six digits; all others are 0.
    Raises BadConfig where nothing was attacked.
    """
    import torch

    record, shown = snapshot.record, snapshot.player
    if shown is None or record.linearity is None or record.target is None:
        raise BadConfig("Nothing was attacked in this run, so there is nothing to draw.")
    x0, x_adv = (
        to_tensor(np.array(_opened(png))) if exact is None else torch.from_numpy(exact)
        for png, exact in ((snapshot.original_png, original), (snapshot.adversarial_png, adversarial))
    )
    model = _model(snapshot)
    about = {"name": record.image.name, "digest": record.image.sha256, "credit": record.image.credit}
    return AttackRun(
        model=model,
        sample=Sample(x=x0, **about),
        config=recorded_config(record),
        crop=record.image.crop,
        source=record.image.source,
        result=_result(snapshot, x_adv),
        linearity=_linearity(record.linearity, shown, len(model.classes)),
        likeness=Likeness(largest_change=record.largest_change, ssim=record.ssim),
    )


def _opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def _model(snapshot: Snapshot) -> ModelInfo:
    """Return what is known of the network: all that there is, or, where it is not here, what was stored."""
    record, names = snapshot.record, _names(snapshot)
    try:
        info = network_info(record.model)
        if all(index < len(info.classes) and info.classes[index] == name for index, name in names.items()):
            return info
    except MaltError:
        pass
    return ModelInfo(
        id=record.model,
        title=snapshot.player["model"],
        dataset=record.dataset,
        size=(record.image.height, record.image.width),
        classes=tuple(names.get(index, f"class {index}") for index in range(max(names) + 1)),
        suggested_eps=record.eps,
        offline=False,
        source="",
        licence="",
        defence="adversarial training" if snapshot.robust else "none",
    )


def _names(snapshot: Snapshot) -> dict[int, str]:
    record = snapshot.record
    spoken: list[NamedClass] = [
        record.label,
        record.clean_label,
        record.adversarial_label,
        record.linearity.target,
        *record.clean_top,
        *record.ranking,
    ]
    names = snapshot.names | {row["index"]: row["name"] for row in snapshot.player["classes"]}
    return names | {one.index: one.name for one in spoken}


def _ranked(row: RankedClass) -> RankedTarget:
    return RankedTarget(
        index=row.index,
        rank=row.rank,
        confidence_rank=row.confidence_rank,
        margin=_number(row.margin),
        gradient_norm=_number(row.gradient_norm),
        predicted_distance=_number(row.predicted_distance),
        at_least=row.at_least,
    )


def _number(value: float | None) -> float:
    return math.inf if value is None else value


def _result(snapshot: Snapshot, adversarial: Tensor) -> AttackResult:
    record = snapshot.record
    ranking = tuple(_ranked(row) for row in record.ranking)
    alike = {name: getattr(record, name) for name in _ALIKE}
    return AttackResult(
        label=record.label.index,
        clean_index=record.clean_label.index,
        clean_confidence=record.clean_label.confidence,
        clean_top=tuple((one.index, one.confidence) for one in record.clean_top),
        already_wrong=record.already_misclassified,
        margin_left=math.nan if record.margin_left is None else record.margin_left,
        adversarial=adversarial,
        adversarial_index=record.adversarial_label.index,
        adversarial_confidence=record.adversarial_label.confidence,
        target=next((one for one in ranking if one.index == record.target.index), None),
        ranking=ranking,
        attempts=_attempts(record),
        trace=snapshot.trace,
        **alike,
    )


_ALIKE = (
    "success",
    "reached",
    "survives_png",
    "steps",
    "steps_total",
    "n_forward",
    "n_backward",
    "seconds",
    "device",
    "perturbation_norm",
    "loss",
    "n_targets",
    "flags",
    "second_opinion",
    "refused",
)
"""What run.json calls as AttackResult does."""


def _attempts(record: RunRecord) -> tuple[TargetDone, ...]:
    """Return one for each class that was tried; how many steps each took is not stored."""
    return tuple(
        TargetDone(
            target=row.index, order=row.rank, round=1, steps=0, fooled=row.succeeded, reached=row.reached
        )
        for row in record.ranking
        if row.tried
    )


def _linearity(line: LinearityRecord, shown: dict[str, Any], classes: int) -> LinearityReport:
    import torch

    probabilities = torch.zeros(len(line.t), classes)
    probabilities[:, [row["index"] for row in shown["classes"]]] = torch.tensor(shown["probabilities"])
    drift = line.gradient_drift
    return LinearityReport(
        target=line.target.index,
        t=line.t,
        true_margin=line.true_margin,
        linear_margin=line.linear_margin,
        probabilities=probabilities,
        r2_to_crossing=_lowest(line.r2_to_crossing),
        max_deviation_to_crossing=_number(line.max_deviation_to_crossing),
        r2=_lowest(line.r2),
        max_deviation=_number(line.max_deviation),
        predicted_crossing=line.predicted_crossing,
        true_crossing=line.true_crossing,
        drift_t=drift.t,
        drift=tuple(map(_number, drift.relative_change)),
        cosine=drift.cosine,
        random_drift=tuple(map(_number, drift.random_relative_change)),
        random_cosine=drift.random_cosine,
    )


def _lowest(r2: float | None) -> float:
    return -math.inf if r2 is None else r2
