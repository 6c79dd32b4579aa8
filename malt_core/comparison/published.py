"""Accuracies that others have published of a model, to stand beside ours. Needs no torch.

RobustBench (arXiv 2010.09670) lists for every model of its zoo the clean accuracy and the best known robust
accuracy, by AutoAttack or a stronger evaluation; refresh.py takes them over. Where that is MALT's,
as its leaderboard says of two CIFAR-100 models, AutoAttack's figure is given as well.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from malt_core.epsilon import Epsilon
from malt_core.types import Norm

FILE = Path(__file__).with_suffix(".json")
ROBUSTBENCH = "https://robustbench.github.io"
MALT_PAPER = "https://arxiv.org/abs/2407.02240"
BEST_KNOWN = "the best known attack"
_NORMS: dict[str, Norm] = {"Linf": "linf", "L2": "l2"}
_IMAGES = {"cifar10": 10_000, "cifar100": 10_000, "imagenet": 5_000}  # robustbench.eval, robustbench.data
# Model id without its first part: AutoAttack's and MALT's robust accuracy in per cent, Linf 8/255.
_MALT = {
    "cifar100/Linf/Wang2023Better_WRN-28-10": ("38.83", "38.77"),
    "cifar100/Linf/Wang2023Better_WRN-70-16": ("42.67", "42.66"),
}


@dataclass(frozen=True, kw_only=True)
class PublishedFigure:
    """A robust accuracy, 0 to 1. attack: whose, for people; source: where it was published, an address."""

    attack: str
    accuracy: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Published:
    """What is published of a model. eps: in [0, 1] pixel units; images: of the test set; clean: accuracy."""

    model: str
    norm: Norm
    eps: float
    images: int
    clean: float
    robust: tuple[PublishedFigure, ...]

    @property
    def lowest(self) -> float:
        """The lowest robust accuracy, 0 to 1, by whatever attack."""
        return min(figure.accuracy for figure in self.robust)

    @property
    def dataset(self) -> str:
        """The data set that it was tested on, as ModelInfo has it."""
        return self.model.split("/")[1]

    @property
    def epsilon(self) -> Epsilon:
        """The radius: eps together with its norm."""
        return Epsilon(self.eps, self.norm)


def published_of(model: str) -> Published | None:
    """Return what is published of the model with this id, at whatever norm and eps; None if nothing is."""
    return _all().get(model)


def all_published() -> tuple[Published, ...]:
    """Return all that is published, by data set and ball, linf first, the most robust first."""

    def order(known: Published) -> tuple:
        return known.dataset, known.norm != "linf", known.eps, -known.lowest

    return tuple(sorted(_all().values(), key=order))


def published(model: str, norm: Norm, eps: float) -> Published | None:
    """Return what is published of the model with this id at this norm and eps, None if nothing is."""
    known = published_of(model)
    if known is None or known.norm != norm or not math.isclose(known.eps, eps, rel_tol=1e-6):
        return None
    return known


@cache
def _all() -> dict[str, Published]:
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return {f"robustbench/{row['id']}": _published(**row) for row in rows}


def _published(id: str, eps: str, clean: str, robust: str) -> Published:
    dataset, threat, _ = id.split("/")
    top, _, bottom = eps.partition("/")
    figures = [(BEST_KNOWN, robust, ROBUSTBENCH)]
    if id in _MALT:
        autoattack, malt = _MALT[id]
        figures = [("AutoAttack", autoattack, ROBUSTBENCH), ("MALT", malt, MALT_PAPER)]
    return Published(
        model=f"robustbench/{id}",
        norm=_NORMS[threat],
        eps=float(top) / float(bottom or 1),
        images=_IMAGES[dataset],
        clean=float(clean) / 100,
        robust=tuple(
            PublishedFigure(attack=attack, accuracy=float(text) / 100, source=source)
            for attack, text, source in figures
        ),
    )
