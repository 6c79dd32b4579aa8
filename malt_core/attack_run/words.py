"""Results in plain words. Every sentence must be true of the run that it is given; none needs torch."""

from __future__ import annotations

import math

from malt_core.attack_run.record import RunRecord
from malt_core.attack_run.types import AttackRun
from malt_core.formatting import length, percent, steps
from malt_core.linearity.words import STRAIGHT, straightness

UNSEEN = 1.001 / 255  # the least that a screen of 8 bits a colour can show
HARDLY, PLAINLY = (
    0.99,
    0.95,
)  # structural similarity from which a change is hardly, and up to which plainly seen


def _changed(run: AttackRun) -> str:
    size = run.result.perturbation_norm
    if run.config.norm == "linf":
        return f"no colour value changed by more than {length(size, 'linf')}"
    return (
        f"the whole change has length {length(size, 'l2')} (at most {length(run.config.eps, 'l2')} allowed)"
    )


def sentence(run: AttackRun) -> str:
    """Return the result in one sentence, or two where there was nothing to attack."""
    result, names, aim = run.result, run.model.classes, run.config.target
    label = names[result.label]
    if result.already_wrong:
        said = names[result.clean_index]
        return (
            f"Without any attack the model says “{said}” ({percent(result.clean_confidence)}), "
            f"not “{label}”. So there was nothing to attack."
        )
    became = names[result.adversarial_index]
    if not result.success:
        return _withstood(run)
    how = f"in {steps(result.steps)}" if result.steps else "at the random start, before the first step"
    if aim is None:
        return f"“{label}” became “{became}” {how}; {_changed(run)}."
    if result.reached:
        return f"“{label}” became “{became}”, as was asked for, {how}; {_changed(run)}."
    return (
        f"“{label}” was to become “{names[aim]}” and became “{became}” instead, after "
        f"{steps(result.steps_total)}; {_changed(run)}."
    )


def _withstood(run: AttackRun) -> str:
    result, names, aim = run.result, run.model.classes, run.config.target
    radius = length(run.config.eps, run.config.norm)
    within = radius if run.config.norm == "linf" else f"a change of length {radius}"
    tried = len({attempt.target for attempt in result.attempts})
    targets = "1 target class" if tried == 1 else f"{tried} target classes"
    found = "No adversarial example found" if aim is None else f"No way to “{names[aim]}” found"
    after = f"{targets} and {steps(result.steps_total)}" if aim is None else steps(result.steps_total)
    return f"{found} within {within}: after {after} the model still says “{names[result.label]}”."


def png_sentence(run: AttackRun) -> str:
    """Return whether the picture still fools the model once it is saved with 8 bits a colour."""
    result = run.result
    if result.already_wrong:
        return "Choose another picture, or attack the model's own answer."
    if not result.success:
        return "The pictures show the closest try; it does not fool the model."
    if not run.config.epsilon.fits_eight_bits:
        return (
            "No PNG can hold this change: within ε there is no picture of whole steps of 1/255 but the "
            "original. The exact numbers are kept as float32, in a .npy file; the smallest ε that a PNG can "
            f"hold is {length(1 / 255, run.config.norm)}."
        )
    if result.survives_png:
        return "Saved as a PNG, the changed picture still fools the model."
    return (
        "Saved as a PNG, the changed picture no longer fools the model: a PNG holds whole steps of 1/255 "
        "only, and rounding to them undoes the attack."
    )


def visibility(record: RunRecord) -> str:
    """Return whether the change is to be seen, in one sentence; "" where nothing was attacked.

    By measure: the largest change of a colour value, and structural similarity where it is known.
    """
    if record.already_misclassified:
        return ""
    largest, ssim = record.largest_change, record.ssim
    if largest <= UNSEEN or (ssim is not None and ssim >= HARDLY):
        verdict = "Hardly visible"
    elif ssim is not None and ssim >= PLAINLY:
        verdict = "Visible if one looks for it"
    else:
        verdict = "Plain to see"
    alike = "" if ssim is None else f", structural similarity (SSIM) {ssim:.3f}, where 1 is the same picture"
    return f"{verdict}: largest change of a colour value {length(largest, 'linf')}{alike}."


def cost(record: RunRecord) -> str:
    """Return what the attack took, in one sentence; "" where nothing was attacked."""
    if record.already_misclassified:
        return ""
    spent = f"{steps(record.steps_total)}, {record.n_backward:,} backward passes"
    classes = record.n_candidates
    if record.n_backward > 2 * (record.steps_total + 2) and classes > 1:
        return f"{spent}: most of them went into ranking {classes} classes, ahead of the first step."
    return f"{spent}, those for ranking {classes} {'class' if classes == 1 else 'classes'} included."


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
    if predicted is None:
        expected = f"The straight line does not expect “{target}” to overtake “{label}” before {end} {way}"
    else:
        expected = f"The straight line expects “{target}” to overtake “{label}” at {predicted:.0%} {way}"
    found = f"it does at {true:.0%}" if true is not None else f"it does not before {end}"
    return f"{expected}; in truth {found}."


def scale(run: AttackRun) -> str:
    """Return what to expect of this kind of network, and whether this picture shows it."""
    off = run.linearity.max_deviation if run.linearity else math.inf
    verdict = "" if math.isinf(off) else "straight" if off <= STRAIGHT else "bent"
    if run.model.robust:
        shown = {"straight": " This picture is a case of it.", "bent": " This picture is an exception."}
        return (
            "MALT relies on networks that were trained to resist attacks, as this one was, being almost "
            "straight at the scale of an attack (“mesoscopic almost linearity”)." + shown.get(verdict, "")
        )
    if run.config.norm == "linf" and run.result.perturbation_norm < 0.999 / 255:
        shown = {"straight": " This change is such a fraction.", "bent": " Here it bends even over that."}
    else:
        shown = {"straight": " Here, even so, it is almost straight.", "bent": " Here, too, it bends."}
    return (
        f"This network was trained {run.model.trained}. The margin of such a network usually bends at the "
        f"scale of an attack, and is straight only over a fraction of 1/255.{shown.get(verdict, '')} MALT's "
        "claim is about networks trained to resist attacks, which usually stay almost straight up to 8/255."
    )


def drift(run: AttackRun) -> str:
    """Return how far the slope has changed at the end of the way, and after a random change as long."""
    if run.linearity is None:
        return ""
    end, random = run.linearity.drift[-1], run.linearity.random_drift[-1]
    if math.isinf(end) or math.isinf(random):
        return (
            "At the original the margin has no slope (its gradient is zero) for a straight line to continue."
        )
    return (
        "At the end of the way the margin's slope (its gradient, which the straight line keeps fixed) "
        f"differs from the first by {_lengths(end)}; after a random change as long, by {_lengths(random)}."
    )


def _lengths(share: float) -> str:
    return f"{share:.0%} of its length" if share < 1.5 else f"{share:.1f} times its length"


def way_sentence(run: AttackRun) -> str:
    """Return where both curves cross zero, how far the slope changed, and which case this picture shows."""
    return "" if run.linearity is None else " ".join((crossings(run), drift(run), scale(run)))


def linearity_sentence(run: AttackRun) -> str:
    """Return the verdict on straightness, followed by way_sentence."""
    return "" if run.linearity is None else f"{straightness(run.linearity)} {way_sentence(run)}"
