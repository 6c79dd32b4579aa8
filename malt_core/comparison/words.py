"""Reports in plain words: names that tell them apart, and what the numbers say. Needs no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from malt_core.comparison.compare import Accuracy, ImageComparison, Share
from malt_core.comparison.published import Published
from malt_core.datasets import picture_files
from malt_core.evaluation.report import Report
from malt_core.evaluation.types import EvaluationConfig
from malt_core.images import preprocessing
from malt_core.images.preprocessing import CENTRE

FEW_NAMES = 3  # of the images that could not be read
FEW = 100  # images below which one more or less moves a figure by over a percentage point


def attack_name(config: EvaluationConfig) -> str:
    """Return the attack's title."""
    return config.attack_info.title


def names(reports: Sequence[Report], *, without_room: bool = False) -> tuple[str, ...]:
    """Return a name for each report: its attack, and whatever else tells these reports apart.

    without_room: leave out the size of the ball, as for whole curves.
    """
    facts = [_facts(report) for report in reports]
    found = [attack_name(report.plan.config) for report in reports]
    for i, column in enumerate(zip(*facts, strict=True)):
        alike = len(set(found)) == len(set(zip(found, column, strict=True)))
        if len(set(column)) > 1 and not (without_room and i == 0) and (i < _MATERIAL or not alike):
            found = [f"{name} · {fact}" for name, fact in zip(found, column, strict=True)]
    seen: Counter[str] = Counter()
    for place, name in enumerate(found):
        seen[name] += 1
        if seen[name] > 1:
            found[place] = f"{name} ({seen[name]})"
    return tuple(found)


def _facts(report: Report) -> tuple[str, ...]:
    plan, config = report.plan, report.plan.config
    return (
        config.epsilon,
        plan.model,
        plan.data.name,
        f"{len(report.images):,} images",
        f"{config.n_targets} targets",
        f"{config.n_iter} steps",
        f"seed {config.seed}",
        config.precision,
    )


_MATERIAL = 3  # of these are told wherever they differ, the others only where names would be alike


def interval_text(share: Share) -> str:
    """Return the 95% interval as "31.9–50.8%"."""
    low, high = share.interval
    return f"{low * 100:.1f}–{high * 100:.1f}%"


def headline(reports: Sequence[Report], found: Accuracy) -> str:
    """Return the result of one report, or of several with the same room together, in a sentence.

    found: the accuracies, an image counting as robust only if every attack failed.
    """
    config, count = reports[0].plan.config, len(reports)
    attacks = attack_name(config) if count == 1 else "both attacks" if count == 2 else f"all {count} attacks"
    robust = found.robust
    verb = "withstands" if 1 in (robust.count, robust.of) else "withstand"
    return (
        f"{robust.count:,} of {_images(robust.of)} {verb} {attacks} at {config.epsilon}: a robust accuracy "
        f"of at most {robust.value:.1%}."
    )


def detail(found: Accuracy) -> str:
    """Return the accuracy without attack, and the interval of that under attack."""
    return (
        f"Without any attack the model gets {found.clean.count:,} right ({found.clean.value:.1%}). For all "
        f"images like these, chance alone would let the {found.robust.value:.1%} lie anywhere within "
        f"{interval_text(found.robust)} (95% interval)."
    )


def shared_sentence(reports: Sequence[Report], found: Accuracy) -> str:
    """Return which images count where the reports are not all of the same; "" where they are."""
    if all(len(report.images) == found.robust.of for report in reports):
        return ""
    return "Only the images that are in all of these reports count here."


def only_sentence(comparison: ImageComparison) -> str:
    """Return which attack fooled what no other did."""
    if not comparison.attacked:
        return "The model gets none of these images right, so there was nothing to attack."
    everywhere = sum(len(image.fooled_by) == len(comparison.reports) for image in comparison.attacked)
    which = "Both attacks" if len(comparison.reports) == 2 else "All attacks"
    alone = [
        f"{name} {len(comparison.fooled_only_by(place)):,}"
        for place, name in enumerate(names(comparison.reports))
        if comparison.fooled_only_by(place)
    ]
    only = (
        f"Fooled by one attack alone: {', '.join(alone)}."
        if alone
        else "No image was fooled by one attack alone."
    )
    return f"{which} fooled the model on {_images(everywhere)}. {only}"


def unread_sentence(report: Report) -> str:
    """Return which images of a report could not be read, and why: the first few of them."""
    first, count = report.corrupt[:FEW_NAMES], len(report.corrupt)
    named = " ".join(image.reason for image in first)
    more = f" And {count - len(first):,} more." if count > len(first) else ""
    return (
        f"{_images(count)} of {report.plan.data.name} could not be read and count in no figure: {named}{more}"
    )


def invalid_sentence(report: Report) -> str:
    """Return for which images of a report the model's scores were not finite numbers, "" if for none."""
    names = [image.name for image in report.images if image.outcome == "invalid"]
    if not names:
        return ""
    more = f" and {len(names) - FEW_NAMES:,} more" if len(names) > FEW_NAMES else ""
    return (
        f"For {_images(len(names))} of {report.plan.data.name}, or for points close to them, the model's "
        f"scores are not finite numbers: {', '.join(names[:FEW_NAMES])}{more}. They count neither as fooled "
        "nor as robust."
    )


def _images(count: int) -> str:
    return f"{count:,} image" if count == 1 else f"{count:,} images"


def caution(images: int) -> str:
    """Return how far to trust figures of so many images; "" if there are enough of them."""
    if images >= FEW:
        return ""
    if images == 1:
        return "That is a single image: an example, and no measurement."
    return (
        f"That is only {images} images: one more or less moves a figure by {100 / images:.1f} percentage "
        "points."
    )


def published_short(known: Published) -> str:
    """Return the published accuracies in a few words, to stand beside a network's name."""
    return f"{known.clean:.1%} right, {known.lowest:.1%} under attack at {known.epsilon}"


def published_sentence(known: Published, report: Report) -> str:
    """Return what is published of the model, and how our images differ."""
    figures = " and ".join(f"{figure.accuracy:.2%} under {figure.attack}" for figure in known.robust)
    return (
        f"Published for {known.model} at {report.plan.config.epsilon}, on {known.images:,} test images: "
        f"{known.clean:.2%} clean, {figures}. Ours are of {_images(len(report.images))} of "
        f"{report.plan.data.name}{_prepared(report)}: other images or a weaker attack give other figures, "
        "and on images of the same test set chance alone can move ours anywhere within the interval."
    )


def _prepared(report: Report) -> str:
    """Return how the pictures came to the model's size, where the published figure depends on that."""
    how = report.plan.data.preprocessing or CENTRE
    if not report.plan.model.startswith("robustbench/imagenet/"):
        return ""
    if how == CENTRE:
        return (
            ", brought to the model's size otherwise than for the published figures "
            f"({preprocessing.words(how)}), which alone gives other figures"
        )
    return f", brought to the model's size as for the published figures ({how}: {preprocessing.words(how)})"


def left_out_sentence(report: Report) -> str:
    """Return which files of the data set are no pictures, and why: the first few of them; "" for none."""
    return picture_files.left_out_sentence(report.plan.data.left_out)
