"""What a finished run leaves behind: run.json, pictures, the interactive page, the command to repeat it."""

from __future__ import annotations

from typing import Any

from malt_core.attack_run.types import AttackRun
from malt_core.storage.checked_json import finite_or_none
from malt_core.storage.versions import versions


def _linearity(run: AttackRun) -> dict[str, Any] | None:
    report = run.linearity
    if report is None:
        return None
    return {
        "target": {"index": report.target, "name": run.model.classes[report.target]},
        "t": list(report.t),
        "true_margin": list(report.true_margin),
        "linear_margin": list(report.linear_margin),
        "r2": finite_or_none(report.r2),
        "max_deviation": finite_or_none(report.max_deviation),
        "predicted_crossing": report.predicted_crossing,
        "true_crossing": report.true_crossing,
        "gradient_drift": {
            "t": list(report.drift_t),
            "relative_change": [finite_or_none(change) for change in report.drift],
            "cosine": list(report.cosine),
            "random_relative_change": [finite_or_none(change) for change in report.random_drift],
            "random_cosine": list(report.random_cosine),
        },
    }


def _ranking(run: AttackRun) -> list[dict[str, Any]]:
    outcome = {a.target: a.fooled for a in run.result.attempts}
    return [
        {
            "index": t.index,
            "name": run.model.classes[t.index],
            "rank": t.rank,
            "margin": finite_or_none(t.margin),
            "gradient_norm": finite_or_none(t.gradient_norm),
            "predicted_distance": finite_or_none(t.predicted_distance),
            "confidence_rank": t.confidence_rank,
            "tried": t.index in outcome,
            "succeeded": outcome.get(t.index, False),
        }
        for t in run.result.ranking
    ]


def run_record(run: AttackRun) -> dict[str, Any]:
    """Return run.json: JSON-able, lengths in [0, 1] pixel units, margins in logits, null where undefined."""
    result, config = run.result, run.config

    def named(index: int) -> dict[str, Any]:
        return {"index": index, "name": run.model.classes[index]}

    target = result.target
    return {
        "model": run.model.id,
        "dataset": run.model.dataset,
        "image": {
            "name": run.sample.name,
            "source": run.source,
            "crop": run.crop,
            "sha256": run.sample.digest,
            "height": run.sample.x.shape[1],
            "width": run.sample.x.shape[2],
        },
        "norm": config.norm,
        "eps": config.eps,
        "targeting": config.targeting,
        "n_targets": result.n_targets,
        "n_candidates": len(result.ranking),
        "n_iter": config.n_iter,
        "loss": result.loss,
        "label": named(result.label),
        "clean_label": {**named(result.clean_index), "confidence": result.clean_confidence},
        "already_misclassified": result.already_wrong,
        "success": result.success,
        "adversarial_label": {
            **named(result.adversarial_index),
            "confidence": result.adversarial_confidence,
        },
        "target": None
        if target is None
        else {**named(target.index), "rank": target.rank, "confidence_rank": target.confidence_rank},
        "steps": result.steps,
        "steps_total": result.steps_total,
        "n_forward": result.n_forward,
        "n_backward": result.n_backward,
        "seconds": result.seconds,
        "perturbation_norm": result.perturbation_norm,
        "survives_png": result.survives_png,
        "ranking": _ranking(run),
        "linearity": _linearity(run),
        "seed": config.seed,
        "versions": versions(),
    }
