"""Reports made by hand, a letter an image: w is wrong, f fooled, r robust, i invalid, and - is not there."""

from __future__ import annotations

from collections.abc import Sequence

from malt_core.evaluation.report import Report
from malt_core.evaluation.types import DataSource, EvaluationConfig, ImageResult, Plan

CLASSES = ("cat", "dog", "ship")
OUTCOMES = {"w": "wrong", "f": "fooled", "r": "robust", "i": "invalid"}


def report(
    outcomes: str,
    attack: str = "malt",
    eps: float = 4.0,
    *,
    labels: Sequence[int] | None = None,
    model: str = "tests/tiny",
    data: str = "0123",
    complete: bool = True,
    **settings: object,
) -> Report:
    """A report of these outcomes. eps: in 1/255, plain for l2; labels: of the images, cat by default.

    The model takes a fooled or wrong image for what comes next in the list of classes.
    """
    labels = labels or [0] * len(outcomes)
    radius = eps if settings.get("norm") == "l2" else eps / 255
    text = f"{eps:g}" if settings.get("norm") == "l2" else f"{eps:g}/255"
    config = EvaluationConfig(
        attack=attack,
        eps=radius,
        eps_text=text,
        **{"batch_size": 2, "chunk": 2, "precision": "float32"} | settings,
    )
    images = tuple(
        _image(i, OUTCOMES[letter], label)
        for i, (letter, label) in enumerate(zip(outcomes, labels, strict=True))
        if letter != "-"
    )
    return Report(
        plan=Plan(
            model=model,
            classes=CLASSES,
            data=DataSource(path="pets.parquet", name="pets", images=len(outcomes), fingerprint=data),
            config=config,
            device="cpu",
            versions={"malt_lab": "0.1.0"},
        ),
        images=images,
        corrupt=(),
        n_forward=30 * len(images),
        n_backward=20 * len(images),
        seconds=0.5 * len(images),
        complete=complete,
    )


def _image(index: int, outcome: str, label: int) -> ImageResult:
    other = (label + 1) % len(CLASSES)
    return ImageResult(
        index=index,
        name=f"image {index}",
        label=label,
        clean=other if outcome == "wrong" else label,
        outcome=outcome,
        adversarial=other if outcome == "fooled" else None,
    )
