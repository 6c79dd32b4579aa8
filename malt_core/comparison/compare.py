"""What several reports say side by side, and image by image where they are of the same images. No torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

from malt_core.errors import BadConfig
from malt_core.evaluation.report import Report
from malt_core.evaluation.types import ATTACKS, ImageResult
from malt_core.images.preprocessing import CENTRE
from malt_core.share import Share
from malt_core.types import Norm


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Shares of the same images that the model gets right: as they are, and still under attack."""

    clean: Share
    robust: Share


@dataclass(frozen=True, kw_only=True)
class ClassAccuracy:
    """The accuracies on the images of one class, by index and name."""

    index: int
    name: str
    accuracy: Accuracy


def accuracy(report: Report, indices: Collection[int] | None = None) -> Accuracy:
    """Return the accuracies on the images with these indices in the data set, by default on all."""
    images = [image for image in report.images if indices is None or image.index in indices]
    return _accuracy(images)


def _accuracy(images: Sequence[ImageResult]) -> Accuracy:
    right = sum(image.right for image in images)
    robust = sum(image.outcome == "robust" for image in images)
    return Accuracy(clean=Share(count=right, of=len(images)), robust=Share(count=robust, of=len(images)))


def by_class(report: Report, indices: Collection[int] | None = None) -> tuple[ClassAccuracy, ...]:
    """Return the accuracies on each class that has images, in the model's order; indices: as in accuracy."""
    images: dict[int, list[ImageResult]] = defaultdict(list)
    for image in report.images:
        if indices is None or image.index in indices:
            images[image.label].append(image)
    names = report.plan.classes
    return tuple(
        ClassAccuracy(index=index, name=names[index], accuracy=_accuracy(images[index]))
        for index in sorted(images)
    )


def order(report: Report) -> tuple[Hashable, ...]:
    """Return what to sort reports by: model, data set, attack, norm, eps."""
    plan, config = report.plan, report.plan.config
    return plan.model, plan.data.name, ATTACKS.index(config.attack), config.norm, config.eps


def of_same_images(reports: Sequence[Report]) -> tuple[tuple[Report, ...], ...]:
    """Sort reports by model and data set, in the order of their first ones.

    How many images of a data set were evaluated does not matter.
    """
    pictures = _pictures(reports)
    return _grouped(reports, [(r.plan.model, number) for r, number in zip(reports, pictures, strict=True)])


def one_each(reports: Sequence[Report]) -> tuple[Report, ...]:
    """Of reports that differ in nothing but how they were computed, and of how many images, keep the one of
    the most images; in the order of their first ones.
    """
    alike = _grouped(reports, [(*key, _ball(r)) for r, key in zip(reports, _series(reports), strict=True)])
    return tuple(max(group, key=lambda report: len(report.images)) for group in alike)


def in_same_ball(reports: Sequence[Report]) -> tuple[tuple[Report, ...], ...]:
    """Sort reports by norm and eps, in the order of their first ones."""
    return _grouped(reports, [_ball(report) for report in reports])


def _grouped(reports: Sequence[Report], keys: Sequence[Hashable]) -> tuple[tuple[Report, ...], ...]:
    groups: dict[Hashable, list[Report]] = defaultdict(list)
    for report, key in zip(reports, keys, strict=True):
        groups[key].append(report)
    return tuple(map(tuple, groups.values()))


def _pictures(reports: Sequence[Report]) -> list[int]:
    """Return a number for each report, equal for those of the same pictures, as the model saw them.

    Files that were exchanged for others of the same names and sizes show in the digests of the images; of
    reports that have none, the fingerprint alone tells.
    """
    found: list[tuple[Hashable, dict[int, str]]] = []
    numbers = []
    for report in reports:
        data = report.plan.data
        key = data.fingerprint, report.plan.classes, data.preprocessing or CENTRE
        both = (*report.images, *report.corrupt)
        digests = {image.index: image.digest for image in both if image.digest is not None}
        alike = (
            number
            for number, (other, known) in enumerate(found)
            if other == key and all(known.get(index, one) == one for index, one in digests.items())
        )
        number = next(alike, len(found))
        if number == len(found):
            found.append((key, {}))
        found[number][1].update(digests)
        numbers.append(number)
    return numbers


def _ball(report: Report) -> tuple[Norm, float]:
    return report.plan.config.norm, _rounded(report.plan.config.eps)


def _rounded(eps: float) -> float:
    """Return eps without the last digits, in which 4/255 and 0.015686274509 differ."""
    return float(f"{eps:.9g}")


@dataclass(frozen=True, kw_only=True)
class ComparedImage:
    """One image in several reports.

    index, name, label: as in ImageResult. right: whether the model gets it right without any attack, in all
    of the reports. became: by report, the class that the attack led the model to, None where it failed.
    invalid: the places, among the reports, where its outcome is "invalid".
    """

    index: int
    name: str
    label: int
    right: bool
    became: tuple[int | None, ...]
    invalid: frozenset[int] = frozenset()

    @property
    def fooled_by(self) -> frozenset[int]:
        """The places, among the reports, of the attacks that fooled the model."""
        return frozenset(i for i, index in enumerate(self.became) if index is not None)


@dataclass(frozen=True, kw_only=True)
class ImageComparison:
    """The images that all of these reports have, at least one, in the order of the data set."""

    reports: tuple[Report, ...]
    images: tuple[ComparedImage, ...]

    @property
    def attacked(self) -> tuple[ComparedImage, ...]:
        """Those that the model gets right without any attack."""
        return tuple(image for image in self.images if image.right)

    @property
    def left(self) -> tuple[ComparedImage, ...]:
        """Those that withstood every attack, and are not invalid in any report."""
        return tuple(image for image in self.attacked if not image.fooled_by and not image.invalid)

    def fooled_only_by(self, place: int) -> tuple[ComparedImage, ...]:
        """Return those that the attack of the report at this place fooled, and no other."""
        return tuple(image for image in self.attacked if image.fooled_by == {place})

    @property
    def together(self) -> Accuracy:
        """The accuracies, an image counting as robust only if every attack failed."""
        n = len(self.images)
        return Accuracy(clean=Share(count=len(self.attacked), of=n), robust=Share(count=len(self.left), of=n))


def compare_images(reports: Sequence[Report]) -> ImageComparison:
    """Compare reports image by image, on the images that all of them have.

    Raises BadConfig, saying why, for fewer than two reports, and where model, data set, norm or eps differ.
    """
    _check_comparable(reports)
    shared = in_all(reports)
    if not shared:
        raise BadConfig("No image is in all of these reports, so there is nothing to compare.")
    tables = [{image.index: image for image in report.images} for report in reports]
    images = []
    for index in shared:
        found = [table[index] for table in tables]
        right = all(image.right for image in found)
        became = tuple(image.adversarial if right and image.outcome == "fooled" else None for image in found)
        first = found[0]
        images.append(
            ComparedImage(
                index=index,
                name=first.name,
                label=first.label,
                right=right,
                became=became,
                invalid=frozenset(place for place, image in enumerate(found) if image.outcome == "invalid"),
            )
        )
    return ImageComparison(reports=tuple(reports), images=tuple(images))


def in_all(reports: Sequence[Report]) -> list[int]:
    """Return the indices of the images that all of these reports have, ascending."""
    return sorted(set.intersection(*({image.index for image in report.images} for report in reports)))


def _check_comparable(reports: Sequence[Report]) -> None:
    if len(reports) < 2:
        raise BadConfig("A comparison image by image takes at least two reports.")
    first, *others = reports
    pictures = _pictures(reports)
    for other, number in zip(others, pictures[1:], strict=True):
        if other.plan.model != first.plan.model:
            raise BadConfig(
                f"These reports are of different models, {first.plan.model} and {other.plan.model}: which "
                "attack fooled what can be compared on one model only."
            )
        if number != pictures[0]:
            raise BadConfig(
                f"These reports are of different data sets, {first.plan.data.name} and "
                f"{other.plan.data.name}, or of files that have changed or were resized otherwise: "
                "which attack fooled what can be compared on the same images only."
            )
        if _ball(other) != _ball(first):
            raise BadConfig(
                f"These attacks had different room, {first.plan.config.epsilon} and "
                f"{other.plan.config.epsilon}: which one fools more can be compared at one norm and ε only."
            )


@dataclass(frozen=True, kw_only=True)
class EpsPoint:
    """Robust accuracy at one eps, in [0, 1] pixel units; at 0, where nothing can be attacked, the clean."""

    eps: float
    accuracy: Share


@dataclass(frozen=True, kw_only=True)
class EpsCurve:
    """Robust accuracy against eps of one attack, on the images that all of its reports have.

    reports: by ascending eps; points: the one at eps 0, then one for each report.
    """

    reports: tuple[Report, ...]
    points: tuple[EpsPoint, ...]


def eps_curves(reports: Sequence[Report]) -> tuple[EpsCurve, ...]:
    """Return a curve for each attack that was run on the same model and data at two eps or more.

    Of one attack's reports at one eps, that of the most images counts.
    """
    curves = []
    largest = one_each(reports)
    for group in _grouped(largest, _series(largest)):
        chosen = tuple(sorted(group, key=lambda report: report.plan.config.eps))
        shared = set(in_all(chosen)) if len(chosen) > 1 else set()
        if shared:
            found = [(report.plan.config.eps, accuracy(report, shared)) for report in chosen]
            points = [EpsPoint(eps=0.0, accuracy=found[0][1].clean)]
            points += [EpsPoint(eps=eps, accuracy=both.robust) for eps, both in found]
            curves.append(EpsCurve(reports=chosen, points=tuple(points)))
    return tuple(curves)


def _series(reports: Sequence[Report]) -> list[tuple[Hashable, ...]]:
    """Return, for each report, what the points of a curve have in common."""
    settings = ("attack", "norm", "n_targets", "n_candidates", "n_iter", "seed", "faithful", "check", "eot")
    return [
        (report.plan.model, number, *(getattr(report.plan.config, name) for name in settings))
        for report, number in zip(reports, _pictures(reports), strict=True)
    ]
