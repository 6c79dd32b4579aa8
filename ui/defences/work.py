"""What the job queue computes for the Defences page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from malt_core.certificates.types import CertifiedImage, CertifiedRecord
from malt_core.datasets.in_memory import InMemoryData
from malt_core.defence_run.proof_types import (
    SMALL,
    SMOOTHED,
    Certifying,
    PointProof,
    TwoLayerProof,
    two_layer_proof,
)
from malt_core.defence_run.record import DefencesRecord, RowRecord, empty_record, grown, same_images
from malt_core.defence_run.types import DefenceEvent, ImageBegun, Judged, Looking, Unreadable
from malt_core.networks import network_info
from ui.defences.link import DefencesSettings


@dataclass(frozen=True)
class Loading:
    """Event: a row is being loaded."""

    row: str


@dataclass(frozen=True)
class Loaded:
    """Event: all rows are. rows: their records, without outcomes."""

    rows: tuple[RowRecord, ...]


@dataclass(frozen=True)
class TimeIsUp:
    """Event, the last: it has gone on for as long as it should."""


def columns_key(settings: DefencesSettings, data: InMemoryData) -> str:
    """Equal keys mean equal results, but for how far they get."""
    return _digest("columns", (settings.rows, settings.config, settings.seconds), data)


def proofs_key(settings: DefencesSettings, data: InMemoryData) -> str:
    """Equal keys mean equal results, but for how far they get."""
    return _digest("proofs", (settings.smoothing, settings.seconds), data)


def _digest(what: str, settings: object, data: InMemoryData) -> str:
    digests = [(record.name, record.label, record.digest) for record in data.content]
    return hashlib.sha256(repr(("defences", what, settings, data.name, digests)).encode()).hexdigest()


def columns(
    settings: DefencesSettings, data: InMemoryData
) -> Callable[[None], Iterator[Loading | Loaded | DefenceEvent | TimeIsUp]]:
    """A work function for the queue: every row loaded, then image after image through all of them."""

    def work(_: None) -> Iterator[Loading | Loaded | DefenceEvent | TimeIsUp]:
        from malt_core.defence_run.contestants import contestant, row_records, told
        from malt_core.defence_run.run import compare_defences

        loaded = []
        for row in settings.rows:
            yield Loading(row)
            loaded.append(contestant(row, settings.config))
        yield Loaded(told(row_records(settings.model, settings.rows), loaded))
        yield from _until(
            compare_defences(
                loaded[0].network, loaded, data, settings.config, size=network_info(settings.model).size
            ),
            settings.seconds,
        )

    return work


def proofs(
    settings: DefencesSettings, data: InMemoryData
) -> Callable[[None], Iterator[PointProof | Loading | Certifying | CertifiedImage | Unreadable | TimeIsUp]]:
    """A work function for the queue: the points of a two-layer network, then image after image smoothed."""

    def work(_: None) -> Iterator[Any]:
        from malt_core.defence_run.proofs import certify_over, prove_points
        from malt_core.models import loaders

        yield from prove_points(SMALL)
        yield Loading(SMOOTHED)
        network = loaders.load_model(SMOOTHED)
        events = certify_over(network, data, settings.smoothing, size=network.info.size)
        yield from _until(events, settings.seconds)

    return work


def _until(events: Iterator[Any], seconds: float) -> Iterator[Any]:
    """Yield events for so long, and what says that time is up if there were more."""
    end = time.monotonic() + seconds
    for event in events:
        yield event
        if time.monotonic() > end:
            yield TimeIsUp()
            return


def record_of(settings: DefencesSettings, data: InMemoryData, events: Sequence[Any]) -> DefencesRecord | None:
    """The record of what these events have brought, None before any row has been through an image.

    Once all rows have been through some images, it is of these alone, so that the rows can be compared.
    """
    loaded = next((event for event in events if isinstance(event, Loaded)), None)
    if loaded is None:
        return None
    fresh = empty_record(
        settings.model,
        loaded.rows,
        settings.config,
        data=data.name,
        fingerprint=data.fingerprint,
        total=len(data.content),
    )
    kinds = ImageBegun | Judged | Unreadable
    record = grown(fresh, [event for event in events if isinstance(event, kinds)])
    return same_images(record) if record.begun else None


def certified_of(settings: DefencesSettings, data: InMemoryData, events: Sequence[Any]) -> CertifiedRecord:
    """The certificates that these events have brought."""
    height, width = network_info(SMOOTHED).size
    return CertifiedRecord(
        model=SMOOTHED,
        data=data.name,
        config=settings.smoothing,
        dimension=3 * height * width,
        images=tuple(event for event in events if isinstance(event, CertifiedImage)),
    )


def points_of(events: Sequence[Any]) -> TwoLayerProof:
    """What is proven of the two-layer network so far."""
    return two_layer_proof(SMALL, events)


def columns_progress(events: Sequence[Any], total: int) -> tuple[str, float]:
    """What the events say of the columns, and how far they are."""
    last = next((e for e in reversed(events) if isinstance(e, Looking | Loading)), None)
    if last is None:
        return "Looking at the images …", 0.0
    if isinstance(last, Loading):
        return f"Loading {network_info(last.row).title} …", 0.0
    rows = next(event.rows for event in events if isinstance(event, Loaded))
    at = "the transferred attack" if last.row < 0 else rows[last.row].title
    share = (last.done + (last.row + 1) / (len(rows) + 1)) / max(total, 1)
    return f"{last.done} of {total} images; {at}, {last.n_forward:,} passes so far", min(share, 1.0)


def proofs_progress(events: Sequence[Any]) -> tuple[str, float]:
    """What the events say of the proofs, and how far they are."""
    last = next((e for e in reversed(events) if isinstance(e, Certifying | PointProof)), None)
    if last is None:
        return "Training the two-layer network …", 0.0
    if isinstance(last, PointProof):
        return f"Two layers: {last.number + 1} of {last.total} points", 0.0
    share = (last.done + last.drawn / last.of) / last.total
    return f"{last.done} of {last.total} images certified; {last.drawn:,} of {last.of:,} samples", share
