"""The result of an evaluation: as a value, as report.json, and as a table for a terminal. Needs no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from malt_core.errors import BadConfig
from malt_core.evaluation.types import (
    OUTCOMES,
    ChunkResult,
    Corrupt,
    DataSource,
    EvaluationConfig,
    ImageResult,
    Outcome,
    Plan,
)
from malt_core.storage.typed_json import parse_json, plain, typed
from malt_core.trust import flags as trust
from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion, together

FORMAT, FORMAT_VERSION = "malt-lab-report", 1
REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of an evaluation, or of as much of it as is done.

    images: those that could be read, in the order of the data set; there is at least one. n_forward,
    n_backward: images sent through the model each way; seconds: wall time, added up over the chunks, however
    many of them ran side by side. complete: whether all chunks are in. flags: signs that the attack failed
    where the network is not robust, each code once, by index of the images (trust/flags.py); second_opinion:
    what an attack without gradients made of images left, None where it was not asked for.
    """

    plan: Plan
    images: tuple[ImageResult, ...]
    corrupt: tuple[Corrupt, ...]
    n_forward: int
    n_backward: int
    seconds: float
    complete: bool
    flags: tuple[Flag, ...] = ()
    second_opinion: SecondOpinion | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many images were read, are corrupt, were refused, and had each outcome."""
        outcomes = Counter(image.outcome for image in self.images)
        refused = sum(image.refused for image in self.images)
        found = {"read": len(self.images), "corrupt": len(self.corrupt), "refused": refused}
        return found | {outcome: outcomes[outcome] for outcome in OUTCOMES}

    def flagged(self, index: int) -> bool:
        """Return whether a flag concerns the image of this index in the data set."""
        return any(flag.images is None or index in flag.images for flag in self.flags)

    @property
    def clean_accuracy(self) -> float:
        """The share of the images, 0 to 1, that the model gets right without any attack."""
        return sum(image.right for image in self.images) / len(self.images)

    @property
    def robust_accuracy(self) -> float:
        """The share of the images, 0 to 1, that it still gets right under attack; an invalid one is not."""
        return self.counts["robust"] / len(self.images)


def report_of(plan: Plan, chunks: Collection[ChunkResult]) -> Report:
    """Put chunks together. Raises BadConfig if not a single image in them could be read."""
    images = sorted((image for chunk in chunks for image in chunk.images), key=lambda image: image.index)
    corrupt = sorted((image for chunk in chunks for image in chunk.corrupt), key=lambda image: image.index)
    if not images:
        reason = f" The first: {corrupt[0].reason}" if corrupt else ""
        raise BadConfig(f"None of the {len(corrupt)} images of {plan.data.path} could be read.{reason}")
    in_order = sorted(chunks, key=lambda chunk: chunk.number)
    opinion = together(chunk.second_opinion for chunk in in_order)
    return Report(
        plan=plan,
        images=tuple(images),
        corrupt=tuple(corrupt),
        n_forward=sum(chunk.n_forward for chunk in chunks),
        n_backward=sum(chunk.n_backward for chunk in chunks),
        seconds=sum(chunk.seconds for chunk in chunks),
        complete=len(chunks) == plan.chunks,
        flags=_flags([flag for chunk in in_order for flag in chunk.flags], opinion),
        second_opinion=opinion,
    )


def _flags(found: Sequence[Flag], opinion: SecondOpinion | None) -> tuple[Flag, ...]:
    """Return the flags of all chunks as one for each code; what was counted is counted for all of them."""
    flags = [*(trust.of_opinion(opinion) if opinion else ()), *found]
    several = Counter(flag.code for flag in found)
    return tuple(
        replace(
            flag, message=f"{flag.message} (In the first of {several[flag.code]} such parts of the data.)"
        )
        if several[flag.code] > 1 and flag.code not in trust.OF_OPINION
        else flag
        for flag in trust.merged(flags)
    )


@dataclass(frozen=True, kw_only=True)
class DataOfReport(DataSource):
    """Which images were evaluated.

    path: as it was given; images: how many, from the first; fingerprint: hexadecimal digits that change with
    the files' names, sizes or labels; classes: the names of the model's classes, by index.
    """

    classes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SettingsOfReport(EvaluationConfig):
    """How the images were attacked.

    attack: "naive" takes the likeliest classes first. eps: the radius, in pixels from 0 to 1; eps_text: the
    same as people write it, such as "4/255". n_targets, n_iter: most classes attacked, most steps for each;
    n_candidates: the likeliest classes among which MALT chooses. batch_size: images in the model at a time;
    chunk: images evaluated together. precision: what attack steps are computed in. faithful: the published
    algorithm's budget. check: a second opinion was asked for. eot: draws of a randomised
    network's noise, for gradients and verdicts. device: what torch computed on, such as "cpu".
    """

    device: str


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many images could be read, could not (corrupt), and had each outcome: read is the sum of those.

    invalid: see ImageResult; refused: those with no answer, clean or under attack, whatever their outcome;
    older reports have neither.
    """

    read: int
    corrupt: int
    wrong: int
    fooled: int
    robust: int
    invalid: int = 0
    refused: int = 0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What it took.

    n_forward, n_backward: images sent through the model each way; seconds: wall time, added up over the
    chunks, however many of them ran side by side.
    """

    n_forward: int
    n_backward: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ReportFile:
    """The result of an evaluation, or of as much of it as is done: report.json, field by field.

    clean_accuracy, robust_accuracy: the share of the images read, 0 to 1, that the model gets right without
    any attack and under attack; an invalid image is not right under attack, and without one only if its own
    logits are finite. images: those that could be read, in the order of the data set; corrupt: the
    others. complete: whether all images are in. flags: signs that the attack failed where the network is not
    robust; second_opinion: what an attack without gradients made of images left, none where it was not asked
    for. Older reports have neither.
    """

    format: Literal["malt-lab-report"]
    format_version: Literal[1]
    model: str
    data: DataOfReport
    settings: SettingsOfReport
    clean_accuracy: float
    robust_accuracy: float
    counts: Counts
    images: tuple[ImageResult, ...]
    corrupt: tuple[Corrupt, ...]
    cost: Cost
    versions: dict[str, str]
    complete: bool
    flags: tuple[Flag, ...] = ()
    second_opinion: SecondOpinion | None = None


def report_to_json(report: Report) -> dict[str, Any]:
    """Return the content of report.json; README.md explains it, and docs/report.schema.json."""
    plan = report.plan
    file = ReportFile(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        model=plan.model,
        data=DataOfReport(**_fields(plan.data), classes=plan.classes),
        settings=SettingsOfReport(**_fields(plan.config), device=plan.device),
        clean_accuracy=report.clean_accuracy,
        robust_accuracy=report.robust_accuracy,
        counts=Counts(**report.counts),
        images=report.images,
        corrupt=report.corrupt,
        cost=Cost(n_forward=report.n_forward, n_backward=report.n_backward, seconds=report.seconds),
        versions=plan.versions,
        complete=report.complete,
        flags=report.flags,
        second_opinion=report.second_opinion,
    )
    return plain(file)


def read_report(path: Path) -> Report:
    """Read report.json, given itself or as the folder that it lies in.

    Raises BadConfig for a file that is no report, or that contradicts itself.
    """
    file = path / REPORT if path.is_dir() else path
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise BadConfig(f"There is no {file}: `malt evaluate` writes such files.") from None
    except OSError as error:
        raise BadConfig(f"Cannot read {file}: {error.strerror}.") from error
    return report_from_bytes(data, str(file))


def report_from_bytes(data: bytes, where: str) -> Report:
    """Return the report in a file. where: its name, for messages. Raises BadConfig as read_report does."""
    try:
        content = parse_json(data, where)
    except BadConfig as error:
        raise BadConfig(
            f"{where} is no report: it is not JSON. Give a report.json of `malt evaluate`."
        ) from error
    return report_from_json(content, where)


def report_from_json(content: Any, where: str) -> Report:
    """Return the report with this content. where: for messages. Raises BadConfig as read_report does."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadConfig(f"{where} is no report of `malt evaluate`.")
    if content.get("format_version") != FORMAT_VERSION:
        raise BadConfig(
            f"{where} has the format version {content.get('format_version')}; this MALT Lab reads "
            f"{FORMAT_VERSION}. Evaluate again, or use the MALT Lab that wrote it."
        )
    file = typed(ReportFile, content, where)
    report = Report(
        plan=Plan(
            model=file.model,
            classes=file.data.classes,
            data=DataSource(**_fields(file.data, DataSource)),
            config=EvaluationConfig(**_fields(file.settings, EvaluationConfig)),
            device=file.settings.device,
            versions=file.versions,
        ),
        images=file.images,
        corrupt=file.corrupt,
        n_forward=file.cost.n_forward,
        n_backward=file.cost.n_backward,
        seconds=file.cost.seconds,
        complete=file.complete,
        flags=file.flags,
        second_opinion=file.second_opinion,
    )
    _check(report, asdict(file.counts), where)
    for name in ("clean_accuracy", "robust_accuracy"):
        if not abs(getattr(file, name) - getattr(report, name)) <= 1e-6:  # nor is NaN
            raise BadConfig(f"{where} contradicts itself: its {name} is not that of its images.")
    return report


def _fields(value: Any, kind: type | None = None) -> dict[str, Any]:
    """Return the fields of a dataclass, or only those that it has from the dataclass `kind`."""
    return {field.name: getattr(value, field.name) for field in fields(kind or value)}


def _check(report: Report, counts: dict[str, int], where: str) -> None:
    if not report.images or report.counts != counts:
        raise BadConfig(f"{where} contradicts itself: its counts are not those of its images.")
    if not all(cost >= 0 for cost in (report.n_forward, report.n_backward, report.seconds)):
        raise BadConfig(f"{where} contradicts itself: its cost is negative.")
    classes = range(len(report.plan.classes))
    for image in report.images:
        named = (image.label, image.clean, image.adversarial, image.target)
        if any(index is not None and index not in classes for index in named):
            raise BadConfig(
                f"{where} contradicts itself: image {image.index} has a class that is not in its list."
            )
        by_classes = _outcome(image)
        if image.outcome != by_classes:
            raise BadConfig(
                f"{where} contradicts itself: it calls image {image.index} {image.outcome}, and by "
                f"its classes that one is {by_classes}."
            )


def _outcome(image: ImageResult) -> Outcome:
    """Return what the classes of an image say of it."""
    if image.clean not in (None, image.label):
        return "wrong"
    if image.refused and image.outcome in ("wrong", "fooled"):
        return image.outcome
    if image.clean is None or (image.outcome == "invalid" and image.adversarial is None):
        return "invalid"
    return "robust" if image.adversarial in (None, image.label) else "fooled"
