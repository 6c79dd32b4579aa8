"""What the job queue computes for the Answers page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from malt_core.answers.record import AnswersRecord, record_of
from malt_core.answers.types import Ended, Event, Measured
from malt_core.networks import network_info
from ui.answers.link import AnswersSettings
from ui.pictures.picture import Picture

if TYPE_CHECKING:
    from torch import Tensor

    from malt_core.models.loaders import Model

MALT = "malt"


@dataclass(frozen=True)
class Shown:
    """Event: an image that fools the network, of a method or of MALT, as PNG files.

    change: what was added to the picture, so many times as strong as it is.
    """

    method: str
    image: bytes
    change: bytes
    factor: int


@dataclass(frozen=True)
class Known:
    """What is known of a run: its record, and the images that it found."""

    record: AnswersRecord
    shown: tuple[Shown, ...]


def key_of(settings: AnswersSettings, picture: Picture) -> str:
    """Equal keys mean equal results."""
    parts = ("answers", replace(settings, photo=""), picture.name, picture.digest)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def answers(settings: AnswersSettings, picture: Picture) -> Callable[[Model], Iterator[Event | Shown]]:
    """A work function for the queue: the picture attacked by answers alone."""

    def work(model: Model) -> Iterator[Event | Shown]:
        from malt_core.answers.run import attack_by_answers

        sample = picture.to_sample()
        for event in attack_by_answers(model, sample, settings.config):
            yield event
            if isinstance(event, Measured) and event.image is not None:
                yield _shown(MALT, sample.x, event.image)
            elif isinstance(event, Ended) and event.fooled:
                yield _shown(event.method, sample.x, event.image)

    return work


def _shown(method: str, x0: Tensor, x: Tensor) -> Shown:
    from malt_core.images.pixels import perturbation_image, png_bytes, suggested_amplification

    factor = suggested_amplification(x0, x)
    return Shown(method, png_bytes(x), png_bytes(perturbation_image(x0, x, factor)), int(factor))


def known(events: Sequence[Event | Shown], settings: AnswersSettings, name: str) -> Known | None:
    """What these events say; None before the network has answered. name: of the picture."""
    told = [event for event in events if not isinstance(event, Shown)]
    record = record_of(told, network_info(settings.model), name, settings.config)
    shown = tuple(event for event in events if isinstance(event, Shown))
    return record and Known(record, shown)
