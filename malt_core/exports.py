"""What a finished run leaves behind: run.json, pictures, the interactive page, the command to repeat it."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malt_core import images, norms, words
from malt_core.player import payload, standalone_html
from malt_core.types import AttackConfig, Run
from malt_core.versions import versions

if TYPE_CHECKING:
    from torch import Tensor


def _finite(value: float | None) -> float | None:
    """JSON knows no infinity: undefined and unbounded values become null."""
    return value if value is not None and math.isfinite(value) else None


def _linearity(run: Run) -> dict[str, Any] | None:
    report = run.linearity
    if report is None:
        return None
    return {
        "target": {"index": report.target, "name": run.model.classes[report.target]},
        "t": list(report.t),
        "true_margin": list(report.true_margin),
        "linear_margin": list(report.linear_margin),
        "r2": _finite(report.r2),
        "max_deviation": _finite(report.max_deviation),
        "predicted_crossing": report.predicted_crossing,
        "true_crossing": report.true_crossing,
        "gradient_drift": {
            "t": list(report.drift_t),
            "relative_change": [_finite(change) for change in report.drift],
            "cosine": list(report.cosine),
            "random_relative_change": [_finite(change) for change in report.random_drift],
            "random_cosine": list(report.random_cosine),
        },
    }


def _ranking(run: Run) -> list[dict[str, Any]]:
    outcome = {a.target: a.fooled for a in run.result.attempts}
    return [
        {
            "index": t.index,
            "name": run.model.classes[t.index],
            "rank": t.rank,
            "margin": _finite(t.margin),
            "gradient_norm": _finite(t.gradient_norm),
            "predicted_distance": _finite(t.predicted_distance),
            "confidence_rank": t.confidence_rank,
            "tried": t.index in outcome,
            "succeeded": outcome.get(t.index, False),
        }
        for t in run.result.ranking
    ]


def run_record(run: Run) -> dict[str, Any]:
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


def eps_text(config: AttackConfig) -> str:
    """Return eps as a person would type it: 4/255, 1.5/255, or the plain number, without losing a digit."""
    steps = f"{config.eps * 255:.6g}"
    exact = config.norm == "linf" and float(steps) / 255 == config.eps
    return f"{steps}/255" if exact else repr(float(config.eps))


def repeat_command(run: Run) -> str:
    """Return the command line that repeats the run; defaults are left out."""
    config, standard = run.config, AttackConfig()
    source = f"./{run.source}" if run.source.startswith("-") else run.source  # a file, not an option
    words_ = ["python", "-m", "malt_core", "attack", source, "--model", run.model.id]
    if run.sample.label is not None:
        words_ += ["--label", str(run.sample.label)]
    if config.norm != standard.norm:
        words_ += ["--norm", config.norm]
    words_ += ["--eps", eps_text(config)]
    for flag, name in (
        ("--targets", "n_targets"),
        ("--candidates", "n_candidates"),
        ("--steps", "n_iter"),
        ("--targeting", "targeting"),
        ("--seed", "seed"),
    ):
        if getattr(config, name) != getattr(standard, name):
            words_ += [flag, str(getattr(config, name))]
    if run.crop != "centre":
        words_ += ["--crop", run.crop]
    return shlex.join(words_)


def adversarial_image(run: Run) -> Tensor:
    """Return the adversarial image as it is saved, (3, H, W): multiples of 1/255, inside the eps-ball."""
    adversarial, x0 = run.result.adversarial[None], run.sample.x[None]
    return norms.eight_bit_image(adversarial, x0, run.config.norm, run.config.eps)[0]


def adversarial_png(run: Run) -> bytes:
    """Return the adversarial image as a PNG file at the model's resolution."""
    return images.png_bytes(adversarial_image(run))


def perturbation_png(run: Run) -> tuple[bytes, float]:
    """Return a PNG of the signed perturbation (grey: unchanged) and the factor by which it is amplified.

    It is what the attack found, before any rounding: changes below 1/255 show here, not in adversarial_png.
    """
    x0, adversarial = run.sample.x, run.result.adversarial
    factor = images.suggested_amplification(x0, adversarial)
    return images.png_bytes(images.perturbation_image(x0, adversarial, factor)), factor


def facts(run: Run) -> list[tuple[str, str]]:
    """Return the settings and numbers behind a run as (term, value) in plain text."""
    result, config, names = run.result, run.config, run.model.classes
    measured = "largest change of a colour value" if config.norm == "linf" else "length of the whole change"
    return [
        ("Model", f"{run.model.title} ({run.model.id})"),
        ("Picture", f"{run.sample.name}, {run.sample.x.shape[2]} × {run.sample.x.shape[1]} pixels"),
        ("Allowed change (eps)", f"{words.length(config.eps, config.norm)} ({config.norm}: {measured})"),
        ("Change made", words.length(result.perturbation_norm, config.norm)),
        ("Before", f"{names[result.clean_index]} ({words.percent(result.clean_confidence)})"),
        ("After", f"{names[result.adversarial_index]} ({words.percent(result.adversarial_confidence)})"),
        ("Saved as PNG", "still fools the model" if result.survives_png else "does not fool the model"),
        ("Steps", f"{result.steps:,} ({result.steps_total:,} over all target classes tried)"),
        (
            "Images sent through the model",
            f"{result.n_forward:,} forwards, {result.n_backward:,} back for gradients",
        ),
        ("Time", f"{result.seconds:.2f} s"),
        ("Targeting", f"{'MALT' if config.targeting == 'malt' else 'naive'}, seed {config.seed}"),
    ]


def html(run: Run) -> str:
    """Return the interactive page, one self-contained file. Raises BadImage where nothing was attacked."""
    return standalone_html(
        payload(run), title=words.sentence(run), facts=facts(run), command=repeat_command(run)
    )


def write(run: Run, folder: Path) -> list[Path]:
    """Write original.png, perturbation.png, adversarial.png, figure.html into an existing folder.

    Where nothing was attacked there is no figure.html, and one of an earlier run is removed. Returns the
    paths written. Raises OSError.
    """
    files = {
        "original.png": images.png_bytes(run.sample.x),
        "perturbation.png": perturbation_png(run)[0],
        "adversarial.png": adversarial_png(run),
    }
    if run.linearity is not None:
        # A file name need not be UTF-8, and Python hands its odd bytes on as lone surrogates.
        files["figure.html"] = html(run).encode("utf-8", "replace")
    else:
        (folder / "figure.html").unlink(missing_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]
