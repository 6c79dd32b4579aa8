"""A result as a story: what the network said, what it says now, and whether that is being fooled.

Told from run.json and from what the picture shows; every sentence must be true of both. No torch.
"""

from __future__ import annotations

from malt_core.attack_run.record import RunRecord, by_second_opinion
from malt_core.attack_run.words import NO_PNG
from malt_core.attacks.outcome import Outcome, Truth, guessing, outcome
from malt_core.epsilon import Epsilon
from malt_core.formatting import length, percent, steps
from malt_core.trust.words import BY_SQUARE


def outcome_of(record: RunRecord, truth: Truth) -> Outcome:
    """Return what became of the picture. truth: see malt_core.attacks.outcome."""
    before = record.clean_label.index
    return outcome(truth, before, record.adversarial_label.index if record.success else before)


def headline(record: RunRecord, truth: Truth) -> str:
    """Return the result in one sentence. It is called fooling only where the network was right before."""
    before, after = f"“{record.clean_label.name}”", f"“{record.adversarial_label.name}”"
    became = f"{before} became {after}{_as_asked(record)}"
    guess = guessing(record.clean_label.confidence)
    without = " without its gradients" if by_second_opinion(record) else ""
    if record.refused and record.already_misclassified:
        return "Refused: the network gives no answer to this picture, without any attack."
    if record.refused and record.success:
        return f"Led to give no answer{without}, which counts as an error: first it said {before}."
    match outcome_of(record, truth):
        case "fooled":
            return f"{'Fooled out of a lucky guess' if guess else 'Fooled'}{without}: {became}."
        case "fooled_unchecked":
            return f"A guess turned into another: {became}." if guess else f"{became}."
        case "renamed":
            return f"Right before and after: {became}, and the picture shows both."
        case "corrected":
            return f"Corrected, not fooled: {became}, and that is right."
        case "moved":
            return f"From one wrong answer to another: {became}."
        case "wrong":
            return f"Wrong from the start, and still: {before}."
        case "withstood":
            if record.refused and not record.flags:
                return f"Withstood: the network refuses the changed picture (of the first it says {before})."
            if record.flags:
                return f"Not fooled, but the attack may have failed: the network still says {before}."
            return f"Withstood: the network still says {before}."


def told(record: RunRecord, truth: Truth) -> str:
    """Return what follows the headline: how sure it was, how far the attack went, what a PNG keeps."""
    sentences = (_before(record, truth), _unreached(record), _how(record), _saved(record))
    return " ".join(sentence for sentence in sentences if sentence)


def _before(record: RunRecord, truth: Truth) -> str:
    """Return what to know of the first answer, "" where there is nothing to add."""
    sure, guess = percent(record.clean_label.confidence), guessing(record.clean_label.confidence)
    if record.refused and record.already_misclassified:
        return "That counts as wrong, so there was nothing to attack."
    match outcome_of(record, truth):
        case "corrected" | "moved" | "wrong":
            was = "a guess, and wrong without any attack" if guess else "wrong without any attack"
            return f"The first answer was {was} ({sure} sure), so this is not fooling."
        case _ if guess:
            return f"The first answer was but a guess: {sure} sure."
        case "fooled_unchecked":
            return "Fooled, if the first answer was right. Was it?"
    return ""


def _unreached(record: RunRecord) -> str:
    """Return that the class that was asked for was not reached by a failed attack; else ""."""
    if record.aim is None or record.already_misclassified or record.success:
        return ""
    return f"“{record.aim.name}” was asked for, and not reached."


def _how(record: RunRecord) -> str:
    if record.already_misclassified:
        return ""
    linf = record.norm == "linf"
    radius = length(record.eps, record.norm)
    if record.success:
        how = f"Found in {steps(record.steps)}" if record.steps else "Found at the random start"
        if by_second_opinion(record):
            how = f"Found by {BY_SQUARE}, where the attack by gradients had found nothing"
        moved = length(record.perturbation_norm, record.norm)
        change = f"no colour value changed by more than {moved}" if linf else f"the change has length {moved}"
        return f"{how}; {change}."
    tried = sum(target.tried for target in record.ranking)
    classes = "1 wrong class" if tried == 1 else f"{tried} wrong classes"
    within = radius if linf else f"a change of length {radius}"
    return f"Nothing was found within {within}: {classes} tried, {steps(record.steps_total)}."


def _as_asked(record: RunRecord) -> str:
    """Return whether the new answer is the one that was asked for, "" where none was."""
    if record.aim is None or not record.success:
        return ""
    return ", as was asked for" if record.reached else f", not “{record.aim.name}” as was asked for"


def _saved(record: RunRecord) -> str:
    if not record.success:
        return ""
    if record.survives_png:
        return "Saved as a PNG, the changed picture gets the new answer, too."
    if not Epsilon(record.eps, record.norm).fits_eight_bits:
        return NO_PNG
    return (
        "Saved as a PNG, it gets the first answer again: a PNG holds whole steps of 1/255 only, and rounding "
        "to them undoes the attack."
    )
