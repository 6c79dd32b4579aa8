"""What the job queue computes for the Theory page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from malt_core.images.gallery import gallery
from malt_core.theory.types import DeepRecord, DeepStage, TheoryConfig, TheoryEvent
from ui.pictures.picture import gallery_picture

if TYPE_CHECKING:
    import numpy as np

    from malt_core.models.loaders import Model


def experiment_key(config: TheoryConfig) -> str:
    """Equal keys mean equal results."""
    return hashlib.sha256(repr(("theory", config)).encode()).hexdigest()


def experiment(config: TheoryConfig) -> Callable[[None], Iterator[TheoryEvent]]:
    """A work function for the queue: the training, what was measured, the sweeps."""

    def work(_: None) -> Iterator[TheoryEvent]:
        from malt_core.theory.experiment import run

        yield from run(config)

    return work


def deep_key(model: str, photo: str) -> str:
    """Equal keys mean equal results."""
    return hashlib.sha256(repr(("deep", model, photo)).encode()).hexdigest()


def deep(photo: str) -> Callable[[Model], Iterator[DeepStage | DeepRecord]]:
    """A work function for the queue: the same measurement on a deep network and a photograph."""

    def work(model: Model) -> Iterator[DeepStage | DeepRecord]:
        from malt_core.theory.deep import measure_deep

        yield DeepStage(share=0.0, sentence="Looking at what photographs vary by")
        size, model_id = model.info.size, model.info.id
        x = gallery_picture(photo, size, "centre").to_sample().x
        yield from measure_deep(model, x, gallery_frequencies(size), model_id=model_id, image=photo)

    return work


@cache
def gallery_frequencies(size: tuple[int, int]) -> np.ndarray:
    """The frequencies that the gallery's photographs vary by, at this size (H, W)."""
    import torch

    from malt_core.theory.deep import frequencies_held

    pictures = [gallery_picture(photo.id, size, "centre") for photo in gallery()]
    return frequencies_held(torch.stack([picture.to_sample().x for picture in pictures]))
