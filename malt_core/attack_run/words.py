"""Results in plain words. Every sentence must be true of the run that it is given; none needs torch."""

from __future__ import annotations

from malt_core.attack_run.record import RankedClass, RunRecord
from malt_core.attack_run.types import AttackRun
from malt_core.formatting import length, percent, steps
from malt_core.trust.words import BY_SQUARE

NO_PNG = (
    "No PNG can hold this change: within ε there is no picture of whole steps of 1/255 but the original. The "
    "exact numbers are kept as float32, in a .npy file; the smallest ε that a PNG can hold is 1/255."
)
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
        if result.refused:
            return (
                "Without any attack the model gives no answer to this picture, which counts as wrong. "
                "So there was nothing to attack."
            )
        return (
            f"Without any attack the model says “{said}” ({percent(result.clean_confidence)}), "
            f"not “{label}”. So there was nothing to attack."
        )
    became = names[result.adversarial_index]
    if not result.success:
        return _withstood(run)
    if result.refused:
        return f"“{label}” became no answer at all, which counts as an error; {_changed(run)}."
    how = f"in {steps(result.steps)}" if result.steps else "at the random start, before the first step"
    if result.second_opinion is not None:
        how = f"by {BY_SQUARE}"
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
    still = f"still says “{names[result.label]}”"
    if result.refused:
        still = "refuses the changed picture, which counts as withstood"
    after = f"{targets} and {steps(result.steps_total)}" if aim is None else steps(result.steps_total)
    return f"{found} within {within}: after {after} the model {still}."


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


def first_target(record: RunRecord) -> str:
    """Return that MALT's first target is not the likeliest wrong class; "" where it is, or there is none."""
    ranking = record.ranking
    if record.targeting != "malt" or record.aim or not ranking or ranking[0].confidence_rank == 1:
        return ""
    first, likeliest = ranking[0], next((c for c in ranking if c.confidence_rank == 1), None)
    said = (
        f"MALT's first target, “{first.name}”, is only number {first.confidence_rank} among the likeliest "
        "wrong answers"
    )
    if likeliest is None:
        return f"{said}."
    distances = [_away(record, candidate) for candidate in (first, likeliest)]
    return f"{said}: it is predicted to be {distances[0]}, the likeliest, “{likeliest.name}”, {distances[1]}."


def _away(record: RunRecord, candidate: RankedClass) -> str:
    distance = candidate.predicted_distance
    more = "more than " if candidate.at_least else ""
    return "out of reach" if distance is None else f"{more}{length(distance, record.norm)} away"


def credit(run: AttackRun) -> str:
    """Return who made the picture and under which licence, or that nothing is known of it."""
    return run.sample.credit or "author and licence are not known here"
