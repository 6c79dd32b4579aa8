"""One finished attack with all that was measured on its way."""

from __future__ import annotations

from dataclasses import dataclass

from malt_core.attacks.types import AttackConfig, AttackResult
from malt_core.linearity.types import LinearityReport
from malt_core.types import Crop, ModelInfo, Sample


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike the original and the adversarial image are.

    largest_change: of a colour value, from 0 to 1. ssim: structural similarity, 1 for equal images; None for
    images that are too small for its window of 7 pixels.
    """

    largest_change: float
    ssim: float | None


@dataclass(frozen=True, kw_only=True)
class AttackRun:
    """One finished attack with all that the page, the figures and run.json need.

    linearity: None where the image was misclassified from the start. crop: how the picture was cut.
    source: what the command line takes to open the picture again, a file name or "gallery:ID".
    """

    model: ModelInfo
    sample: Sample
    config: AttackConfig
    crop: Crop
    source: str
    result: AttackResult
    linearity: LinearityReport | None
    likeness: Likeness
