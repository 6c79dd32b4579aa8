"""The two curves of a run as a table."""

from __future__ import annotations

from typing import Any

from malt_core.attack_run.types import AttackRun


def curve_rows(run: AttackRun) -> list[dict[str, Any]]:
    """Return a row for each place of the way that was measured, none where nothing was attacked.

    share_of_way: 0 at the original, 1 at the adversarial image. true_margin, linear_margin: lead of the label
    over the followed class, in logits. answer, probability: what the network says there, and how sure.
    """
    report = run.linearity
    if report is None:
        return []
    sure, answers = report.probabilities.max(1)
    places = zip(report.t, report.true_margin, report.linear_margin, answers, sure, strict=True)
    return [
        {
            "share_of_way": t,
            "true_margin": true,
            "linear_margin": linear,
            "answer": run.model.classes[int(answer)],
            "probability": float(probability),
        }
        for t, true, linear, answer, probability in places
    ]
