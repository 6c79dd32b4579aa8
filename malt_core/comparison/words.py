"""Reports in plain words: names that tell them apart, and what the numbers say. Needs no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from malt_core.comparison.compare import Accuracy, ImageComparison
from malt_core.comparison.published import Published
from malt_core.datasets import picture_files
from malt_core.evaluation.report import Report
from malt_core.evaluation.types import EvaluationConfig
from malt_core.images import preprocessing
from malt_core.images.preprocessing import CENTRE
from malt_core.share import Share

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
        f"{config.eot} draws",
        f"{'a' if config.check else 'no'} second opinion",
    )


_MATERIAL = 3  # of these are told wherever they differ, the others only where names would be alike


def interval_text(share: Share) -> str:
    """Return the 95% interval as "31.9–50.8%"."""
    low, high = share.interval
    return f"{low * 100:.1f}–{high * 100:.1f}%"


def headline(reports: Sequence[Report], found: Accuracy) -> str:
    """Return the result of one report, or of several with the same room together, in a plain sentence.

    found: the accuracies, an image counting as robust only if every attack failed.
    """
    sentence = _conclusion(reports, found)
    if found.robust.count and any(report.flags for report in reports):
        sentence = f"{sentence} There are flags: what is left need not be robust."
    begun = {(len(r.images) + len(r.corrupt), r.plan.data.images) for r in reports if not r.complete}
    if not begun:
        return sentence
    after = "{:,} of {:,} images".format(*begun.pop()) if len(begun) == 1 else "part of the images"
    return f"Stopped after {after}: {sentence[0].lower()}{sentence[1:]}"


def _conclusion(reports: Sequence[Report], found: Accuracy) -> str:
    config, count = reports[0].plan.config, len(reports)
    n, clean, robust = found.clean.of, found.clean.count, found.robust.count
    if not clean:
        which = "this image" if n == 1 else f"none of these {n:,} images"
        return f"The network gets {which} {'wrong' if n == 1 else 'right'}, so there was nothing to attack."
    attacks = attack_name(config) if count == 1 else "both attacks" if count == 2 else f"all {count} attacks"
    what = "each colour value by" if config.norm == "linf" else "the image by a length of"
    room = f"{attacks}, which change{'s' if count == 1 else ''} {what} at most {config.epsilon.plain}"
    if n == 1:
        return f"The network gets this image right, {'also' if robust else 'but not'} after {room}."
    if robust == clean:
        left = "all of them also"
    else:
        left = f"but {f'only {robust:,}' if robust else 'none'} of them"
    joint = " and" if robust == clean else ""
    return f"The network gets {clean:,} of {n:,} images right,{joint} {left} after {room}."


def about(reports: Sequence[Report]) -> str:
    """Return what reports of one model, data set and room are of: network, images, attacks, room."""
    plan = reports[0].plan
    most = max(len(report.images) for report in reports)
    attacks = _listed([attack_name(report.plan.config) for report in reports])
    return (
        f"The network {plan.model} on {images(most)} ({plan.data.name}), attacked by {attacks} at "
        f"ε = {plan.config.epsilon}."
    )


def _listed(words: Sequence[str]) -> str:
    *first, last = dict.fromkeys(words)
    return f"{', '.join(first)} and {last}" if first else last


def tally(outcomes: Mapping[str, int], corrupt: int = 0) -> str:
    """Return what became of images, in words that add up to all of them.

    outcomes: how many had each outcome of ImageResult; corrupt: how many could not be read.
    """
    rest = {"without a finite answer": outcomes.get("invalid", 0), "unreadable": corrupt}
    said = [
        f"{outcomes.get('wrong', 0):,} wrong without any attack",
        f"{outcomes.get('fooled', 0):,} fooled",
        f"{outcomes.get('robust', 0):,} withstood",
        *(f"{count:,} {word}" for word, count in rest.items() if count),
    ]
    return ", ".join(said)


def detail(found: Accuracy) -> str:
    """Return both accuracies, how far chance could move them, and what that does not say of the attacks.

    As a list in Markdown.
    """
    n = found.clean.of
    if n == 1:
        return "- A single image is an example, and no measurement."
    how_many = "so few" if n < FEW else f"{n:,}"
    return (
        f"- Without an attack {found.clean.count:,} of {n:,} are right ({found.clean.value:.1%}). With "
        f"{how_many} images, the true share may be anything {span(found.clean)}.\n"
        f"- Under attack {found.robust.count:,} of {n:,} are right ({found.robust.value:.1%}). For these "
        f"attacks, the true share may be anything {span(found.robust)}.\n"
        "- Both ranges are about chance, in which images were tried (95% confidence). A stronger attack is "
        "another matter: it can fool more of these images, never fewer. So what is left under attack is an "
        "**upper bound** of the network's robustness, and no proof of it."
    )


def span(share: Share) -> str:
    """Return the 95% interval as "from 82% to 100%", to a tenth of a per cent where it is narrow."""
    low, high = share.interval
    digits = 0 if high - low > 0.05 else 1
    return f"from {low:.{digits}%} to {high:.{digits}%}"


def cost_sentence(comparison: ImageComparison) -> str:
    """Return which attack fooled the most at the least cost, "" where none did both or costs are alike.

    Its cost is compared with that of the dearest among those that fooled as many or fewer.
    """
    fooled = [
        sum(place in i.fooled_by for i in comparison.attacked) for place in range(len(comparison.reports))
    ]
    passes = [(r.n_forward + r.n_backward) / len(r.images) for r in comparison.reports]
    best = min(range(len(passes)), key=lambda place: (-fooled[place], passes[place]))
    dearest = max(range(len(passes)), key=passes.__getitem__)
    if not fooled[best] or passes[best] > min(passes) or passes[dearest] < 1.5 * passes[best]:
        return ""
    called = names(comparison.reports)
    also = "as many" if fooled[dearest] == fooled[best] else f"{fooled[dearest]:,}"
    return (
        f"{called[best]} fooled the network on {images(fooled[best])}, {called[dearest]} on {also} with "
        f"{passes[dearest] / passes[best]:.1f} times the work: {passes[dearest]:,.0f} passes through the "
        f"network for each image, on average, instead of {passes[best]:,.0f}."
    )


def shared_sentence(reports: Sequence[Report], found: Accuracy) -> str:
    """Return which images count where the reports are not all of the same; "" where they are."""
    if all(len(report.images) == found.robust.of for report in reports):
        return ""
    return "Only the images that are in all of these reports count here."


def only_sentence(comparison: ImageComparison) -> str:
    """Return which attack fooled what no other did."""
    if not comparison.attacked:
        return "The network gets none of these images right, so there was nothing to attack."
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
    return f"{which} fooled the network on {images(everywhere)}. {only}"


def unread_sentence(report: Report) -> str:
    """Return which images of a report could not be read, and why: the first few of them."""
    first, count = report.corrupt[:FEW_NAMES], len(report.corrupt)
    named = " ".join(image.reason for image in first)
    more = f" And {count - len(first):,} more." if count > len(first) else ""
    return (
        f"{images(count)} of {report.plan.data.name} could not be read and count in no figure: {named}{more}"
    )


def invalid_sentence(report: Report) -> str:
    """Return for which images of a report the model's scores were not finite numbers, "" if for none."""
    names = [image.name for image in report.images if image.outcome == "invalid"]
    if not names:
        return ""
    more = f" and {len(names) - FEW_NAMES:,} more" if len(names) > FEW_NAMES else ""
    return (
        f"For {images(len(names))} of {report.plan.data.name}, or for points close to them, the model's "
        f"scores are not finite numbers: {', '.join(names[:FEW_NAMES])}{more}. They count neither as fooled "
        "nor as robust."
    )


def images(count: int) -> str:
    """Return "1 image" or "60 images"."""
    return f"{count:,} image" if count == 1 else f"{count:,} images"


def caution(n: int) -> str:
    """Return how far to trust figures of so many images; "" if there are enough of them."""
    if n >= FEW:
        return ""
    if n == 1:
        return "That is a single image: an example, and no measurement."
    return f"That is only {n} images: one more or less moves a figure by {100 / n:.1f} percentage points."


def published_short(known: Published) -> str:
    """Return the published accuracies in a few words, to stand beside a network's name."""
    return f"{known.clean:.1%} right, {known.lowest:.1%} under attack at {known.epsilon}"


def published_sentence(known: Published, report: Report) -> str:
    """Return what is published of the model, and how our images differ."""
    figures = " and ".join(f"{figure.accuracy:.2%} under {figure.attack}" for figure in known.robust)
    return (
        f"Published for {known.model} at {report.plan.config.epsilon}, on {known.images:,} test images: "
        f"{known.clean:.2%} clean, {figures}. Ours are of {images(len(report.images))} of "
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
