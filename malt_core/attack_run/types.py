"""One finished attack with all that was measured on its way."""

from __future__ import annotations

from dataclasses import dataclass

from malt_core.attacks.types import AttackConfig, AttackResult
from malt_core.linearity.types import LinearityReport
from malt_core.types import Crop, ModelInfo, Sample


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
