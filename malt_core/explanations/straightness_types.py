"""How straight one network is around one picture, as numbers that a page draws. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from malt_core.explanations.plane_types import Plane, View
from malt_core.linearity.types import DriftPoint, LogitsAlong, Scale
from malt_core.trust.flags import Flag
from malt_core.types import Norm


@dataclass(frozen=True, kw_only=True)
class Doing:
    """Event: what is computed now, in a sentence; share: of all that there is to do, from 0 to 1."""

    what: str
    share: float


@dataclass(frozen=True, kw_only=True)
class DriftOfImage:
    """The drift around one image. alignment: see linearity.drift.gradient_alignment."""

    name: str
    points: tuple[DriftPoint, ...]
    alignment: float


@dataclass(frozen=True, kw_only=True)
class Straightness:
    """Event: what is known so far of one network around one picture; the last one of a network is whole.

    model: its id. label, target, likeliest: classes by index: its answer, the class that MALT's attack led
    to (aimed at, where it failed), and the likeliest of the others, at which the naive attack aimed. success:
    MALT's attack turned the answer. scales: from the smallest, as they come. drift: of several images, this
    picture first. planes: by what they show. flags: what both attacks noticed, see malt_core.trust.
    """

    model: str
    norm: Norm
    eps: float
    label: int
    target: int
    likeliest: int
    success: bool
    scales: tuple[Scale, ...] = ()
    logits: LogitsAlong | None = None
    drift: tuple[DriftOfImage, ...] = ()
    planes: dict[View, Plane]
    flags: tuple[Flag, ...] = ()

    def scale(self, reach: float) -> Scale | None:
        """Return the margin up to this reach, in eps; None if it is not there yet."""
        return next((scale for scale in self.scales if scale.reach == reach), None)
