"""What the job queue computes for the Transfer page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from malt_core.transfer.images import TransferImages
from malt_core.transfer.types import Event, RowOfImage, Working
from ui.transfer.link import TransferSettings

if TYPE_CHECKING:
    from malt_core.models.loaders import Model


def key_of(settings: TransferSettings, data: TransferImages) -> str:
    """Equal keys mean equal results."""
    shown = [(one.record.name, one.record.digest, one.truth, one.crop) for one in data.images]
    return hashlib.sha256(repr(("transfer", settings.config, shown)).encode()).hexdigest()


def transfer(
    settings: TransferSettings, data: TransferImages
) -> Callable[[Sequence[Model]], Iterator[Event]]:
    """A work function for the queue: image after image, row after row."""

    def work(models: Sequence[Model]) -> Iterator[Event]:
        from malt_core.transfer.run import transfer

        yield from transfer(models, data.images, settings.config)

    return work


def progress(events: Sequence[Event], rows: int) -> tuple[str, float]:
    """What events so far say, in a sentence, and how far it is, from 0 to 1. rows: networks to attack."""
    at = next((event for event in reversed(events) if isinstance(event, Working)), None)
    if at is None:
        return "Looking at the images …", 0.0
    done = sum(isinstance(event, RowOfImage) for event in events) / (rows * max(at.total, 1))
    return f"{at.done} of {at.total} images are done; attacking {at.doing}", min(1.0, done)
