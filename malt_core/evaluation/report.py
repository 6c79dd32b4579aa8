"""The result of an evaluation: as a value, as report.json, and as a table for a terminal. Needs no torch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

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
from malt_core.storage.checked_json import build

T = TypeVar("T")
FORMAT, FORMAT_VERSION = "malt-lab-report", 1
REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of an evaluation, or of as much of it as is done.

    images: those that could be read, in the order of the data set; there is at least one. n_forward,
    n_backward: images sent through the model each way; seconds: wall time, added up over the chunks, however
    many of them ran side by side. complete: whether all chunks are in.
    """

    plan: Plan
    images: tuple[ImageResult, ...]
    corrupt: tuple[Corrupt, ...]
    n_forward: int
    n_backward: int
    seconds: float
    complete: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many images were read, are corrupt, and had each outcome."""
        outcomes = Counter(image.outcome for image in self.images)
        found = {"read": len(self.images), "corrupt": len(self.corrupt)}
        return found | {outcome: outcomes[outcome] for outcome in OUTCOMES}

    @property
    def clean_accuracy(self) -> float:
        """The share of the images, 0 to 1, that the model gets right without any attack."""
        return (len(self.images) - self.counts["wrong"]) / len(self.images)

    @property
    def robust_accuracy(self) -> float:
        """The share of the images, 0 to 1, that it still gets right under attack."""
        return self.counts["robust"] / len(self.images)


def report_of(plan: Plan, chunks: Collection[ChunkResult]) -> Report:
    """Put chunks together. Raises BadConfig if not a single image in them could be read."""
    images = sorted((image for chunk in chunks for image in chunk.images), key=lambda image: image.index)
    corrupt = sorted((image for chunk in chunks for image in chunk.corrupt), key=lambda image: image.index)
    if not images:
        reason = f" The first: {corrupt[0].reason}" if corrupt else ""
        raise BadConfig(f"None of the {len(corrupt)} images of {plan.data.path} could be read.{reason}")
    return Report(
        plan=plan,
        images=tuple(images),
        corrupt=tuple(corrupt),
        n_forward=sum(chunk.n_forward for chunk in chunks),
        n_backward=sum(chunk.n_backward for chunk in chunks),
        seconds=sum(chunk.seconds for chunk in chunks),
        complete=len(chunks) == plan.chunks,
    )


def report_to_json(report: Report) -> dict[str, Any]:
    """Return the content of report.json; README.md explains it."""
    plan = report.plan
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "model": plan.model,
        "data": asdict(plan.data) | {"classes": list(plan.classes)},
        "settings": asdict(plan.config) | {"device": plan.device},
        "clean_accuracy": report.clean_accuracy,
        "robust_accuracy": report.robust_accuracy,
        "counts": report.counts,
        "images": [asdict(image) for image in report.images],
        "corrupt": [asdict(image) for image in report.corrupt],
        "cost": {
            "n_forward": report.n_forward,
            "n_backward": report.n_backward,
            "seconds": report.seconds,
        },
        "versions": plan.versions,
        "complete": report.complete,
    }


def read_report(path: Path) -> Report:
    """Read report.json, given itself or as the folder that it lies in.

    Raises BadConfig for a file that is no report, or that contradicts itself.
    """
    file = path / REPORT if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadConfig(f"There is no {file}: `python -m malt_core evaluate` writes such files.") from None
    except OSError as error:
        raise BadConfig(f"Cannot read {file}: {error.strerror}.") from error
    except ValueError as error:
        raise BadConfig(f"{file} is no report: it is not JSON ({error}).") from error
    return report_from_json(content, str(file))


def report_from_json(content: Any, where: str) -> Report:
    """Return the report with this content. where: for messages. Raises BadConfig as read_report does."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadConfig(f"{where} is no report of `python -m malt_core evaluate`.")
    if content.get("format_version") != FORMAT_VERSION:
        raise BadConfig(
            f"{where} has the format version {content.get('format_version')}; this MALT Lab reads "
            f"{FORMAT_VERSION}. Evaluate again, or use the MALT Lab that wrote it."
        )

    def take(kind: type[T], *keys: str) -> T:
        value, name = content, ".".join(keys)
        for key in keys:
            if not isinstance(value, dict) or key not in value:
                raise BadConfig(f"{where} is no whole report: it has no {name}.")
            value = value[key]
        return build(kind, value, f"In {where}, {name}")

    report = Report(
        plan=Plan(
            model=take(str, "model"),
            classes=take(tuple[str, ...], "data", "classes"),
            data=take(DataSource, "data"),
            config=take(EvaluationConfig, "settings"),
            device=take(str, "settings", "device"),
            versions=take(dict[str, str], "versions"),
        ),
        images=take(tuple[ImageResult, ...], "images"),
        corrupt=take(tuple[Corrupt, ...], "corrupt"),
        n_forward=take(int, "cost", "n_forward"),
        n_backward=take(int, "cost", "n_backward"),
        seconds=take(float, "cost", "seconds"),
        complete=take(bool, "complete"),
    )
    _check(report, take(dict[str, int], "counts"), where)
    for name in ("clean_accuracy", "robust_accuracy"):
        if abs(take(float, name) - getattr(report, name)) > 1e-6:
            raise BadConfig(f"{where} contradicts itself: its {name} is not that of its images.")
    return report


def _check(report: Report, counts: dict[str, int], where: str) -> None:
    if not report.images or report.counts != counts:
        raise BadConfig(f"{where} contradicts itself: its counts are not those of its images.")
    if min(report.n_forward, report.n_backward, report.seconds) < 0:
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
    if image.clean != image.label:
        return "wrong"
    return "robust" if image.adversarial in (None, image.label) else "fooled"
