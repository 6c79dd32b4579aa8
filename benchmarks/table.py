"""The results of speed.py in Markdown."""

from __future__ import annotations

from typing import Any

from benchmarks.attacks import ATTACKS
from benchmarks.progress import clock

REFERENCES = {"published": "published", "autoattack": "AutoAttack"}
HEAD = (
    "attack",
    "robust",
    "time",
    *(f"× faster than {title}" for title in REFERENCES.values()),
    "passes forward",
    "backward",
    "ms a pass",
    "bare",
    "overhead",
    "memory, MB",
    "precision",
)


def ratio(results: dict[str, Any], reference: str, name: str) -> float | None:
    """Return how many times as long the reference takes, or None where it was not run."""
    attacks = results["attacks"]
    return attacks[reference]["seconds"] / attacks[name]["seconds"] if reference in attacks else None


def _row(results: dict[str, Any], name: str) -> tuple[str, ...]:
    cost = results["attacks"][name]
    passes = cost["n_forward"] + cost["n_backward"]
    times = (ratio(results, reference, name) for reference in REFERENCES)
    return (
        f"{ATTACKS[name].title} (`{name}`)",
        f"{len(cost['robust'])} ({cost['robust_accuracy']:.1%})",
        clock(cost["seconds"]) if cost["seconds"] >= 60 else f"{cost['seconds']:.1f} s",
        *("–" if value is None else f"{value:.1f}" for value in times),
        f"{cost['n_forward']:,}",
        f"{cost['n_backward']:,}",
        f"{1000 * cost['seconds'] / passes:.2f}",
        f"{1000 * cost['floor_seconds'] / passes:.2f}",
        f"{cost['seconds'] / cost['floor_seconds']:.2f}",
        "–" if cost["peak_mb"] is None else f"{cost['peak_mb']:.0f}",
        cost["precision"],
    )


def _differences(results: dict[str, Any]) -> list[str]:
    """Say, for each reference, on which images ours came out otherwise."""
    lines = []
    attacks = results["attacks"]
    for reference in REFERENCES:
        for name in ("malt", "malt-float32", "malt-faithful"):
            if reference not in attacks or name not in attacks:
                continue
            theirs, ours = set(attacks[reference]["robust"]), set(attacks[name]["robust"])
            lines.append(
                f"- {name} against {reference}: only {name} fools {sorted(theirs - ours) or 'none'}, "
                f"only {reference} fools {sorted(ours - theirs) or 'none'}."
            )
    return lines


def markdown(results: dict[str, Any]) -> str:
    """Return the results as a table, what they were measured on, and which images made the difference."""
    settings, machine = results["settings"], results["machine"]
    lines = [
        f"{len(settings['images'])} correctly classified images of {settings['data']}, "
        f"{settings['model']}, linf, eps {settings['eps'] * 255:g}/255, {settings['steps']} steps, "
        f"batches of {settings['batch_size']}"
        f"{'' if settings['bf16'] else ', ours without bfloat16'}. "
        f"{machine['processor']}, {machine['torch_threads']} threads, torch {machine['versions']['torch']}.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * len(HEAD)}",
    ]
    lines += [f"| {' | '.join(_row(results, name))} |" for name in ATTACKS if name in results["attacks"]]
    differences = _differences(results)
    lines += ["", *differences] if differences else []
    lines += [f"- {name}: {reason}" for name, reason in results["skipped"].items()]
    return "\n".join(lines) + "\n"
