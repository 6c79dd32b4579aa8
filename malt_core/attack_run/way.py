"""What was measured on the way to the adversarial image, in plain words, each true of the run it is given."""

from __future__ import annotations

import math

from malt_core.attack_run.types import AttackRun
from malt_core.linearity.words import (
    measured,
    reaches_boundary,
    shape_of_way,
    shape_to_boundary,
    straightness,
)


def crossings(run: AttackRun) -> str:
    """Return where the margin reaches zero by the straight line and in truth; "" where nothing was attacked.

    Zero is where the followed class overtakes the label.
    """
    report, names = run.linearity, run.model.classes
    if report is None:
        return ""
    predicted, true, end = report.predicted_crossing, report.true_crossing, f"{report.t[-1]:.0%}"
    label, target = names[run.result.label], names[report.target]
    way = "of the way to the adversarial image" if run.result.success else "of the way to the closest try"
    if predicted is None and true is None:
        return (
            f"“{target}” overtakes “{label}” neither by the straight line nor in truth, "
            f"as far as the path was followed: {end} {way}."
        )
    digits = 1 if predicted and true and abs(predicted - true) < 0.02 else 0
    if predicted is None:
        expected = f"The straight line does not expect “{target}” to overtake “{label}” before {end} {way}"
    else:
        where = f"{predicted:.{digits}%} {way}"
        expected = f"The straight line expects “{target}” to overtake “{label}” at {where}"
    found = f"it does at {true:.{digits}%}" if true is not None else f"it does not before {end}"
    return f"{expected}; in truth {found}."


def network_remark(run: AttackRun) -> str:
    """Return what kind of network this is, and what this picture shows of MALT's claim about such."""
    report = run.linearity
    if report is None:
        return ""
    near, whole = shape_to_boundary(report), shape_of_way(report)
    this = f"This network was trained {run.model.trained}"
    if run.model.robust:
        claim = (
            f"{this}. MALT relies on such networks being almost straight at the scale of an attack "
            "(“mesoscopic almost linearity”)"
        )
        if near is None:
            return f"{claim}."
        if whole == "straight":
            return f"{claim}, and here it is."
        if near == "straight" and reaches_boundary(report):
            return f"{claim}; here it is so up to the boundary."
        return f"{claim}; here it is not quite so." if near != "bent" else f"{claim}; here it is not so."
    if near is None:
        return f"{this}."
    if run.model.defence == "unknown" and whole == "straight":
        return f"{this}; along this way its margin falls in a straight line."
    if near != "straight":
        guide = "a fair guide, not an exact one" if near == "slightly bent" else "a rough guide only"
        return f"{this}. Here the line that MALT chooses its targets by was {guide}."
    if whole == "straight":
        return f"{this}; here the line holds all the same."
    return (
        f"{this}. MALT needs the line up to the boundary only, to choose its targets; on a network trained "
        "by being attacked it mostly holds far beyond."
    )


def slope(run: AttackRun) -> str:
    """Return by how much the margin's slope turns along the way, and by a random change as long.

    "" where that was not measured, as in a browser.
    """
    report = run.linearity
    if report is None or not report.drift:
        return ""
    if math.isinf(report.drift[-1]) or math.isinf(report.random_drift[-1]):
        return (
            "At the original the margin has no slope (its gradient is zero) for a straight line to continue."
        )
    end, random = _degrees(report.cosine[-1]), _degrees(report.random_cosine[-1])
    return (
        "A straight line keeps its slope (its gradient): at the end of the way the margin's has turned by "
        f"{end}, after a random change as long by {random}; 90° would leave nothing in common."
    )


def _degrees(cosine: float) -> str:
    return f"{math.degrees(math.acos(min(1.0, max(-1.0, cosine)))):.0f}°"


def numbers(run: AttackRun) -> str:
    """Return the measurements behind the words, for those who ask."""
    return "" if run.linearity is None else f"{measured(run.linearity)} {slope(run)}".rstrip()


def way_sentence(run: AttackRun) -> str:
    """Return where both curves cross zero, and what that says of this kind of network."""
    return "" if run.linearity is None else f"{crossings(run)} {network_remark(run)}"


def linearity_sentence(run: AttackRun) -> str:
    """Return the verdict on straightness, way_sentence, and the numbers."""
    report = run.linearity
    return "" if report is None else f"{straightness(report)} {way_sentence(run)} {numbers(run)}"
