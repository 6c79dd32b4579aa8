"""A transfer matrix as plain values: what the command line writes, and what pages draw and store. No torch.

Lengths are in pixel values from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta

from malt_core.storage.typed_json import plain
from malt_core.transfer.types import (
    DECAY,
    STEP,
    Comparison,
    Event,
    RowOfImage,
    SeveralOfImage,
    Skipped,
    TransferConfig,
)
from malt_core.types import ModelInfo


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network that takes part. classes: how many it tells apart."""

    id: str
    title: str
    size: Annotated[tuple[int, int], Meta(description="Height and width of its input, in pixels.")]
    classes: int


@dataclass(frozen=True, kw_only=True)
class TransferRecord:
    """Which images that were made on one network fool another, image by image.

    entries holds every image once for each row, in the order in which they came.
    """

    rows: Annotated[tuple[Network, ...], Meta(description="On which adversarial images were made.")]
    columns: Annotated[tuple[Network, ...], Meta(description="On which they were tried.")]
    data: Annotated[str, Meta(description="What the images are, for people.")]
    total: Annotated[int, Meta(description="How many images were to be attacked.")]
    norm: Literal["linf"]
    eps: Annotated[float, Meta(description="Largest change of a colour value, in the row's pixels.")]
    n_iter: Annotated[int, Meta(description="Steps of every attack, all of which were taken.")]
    step: Annotated[float, Meta(description="Length of a step, as a share of eps.")]
    decay: Annotated[float, Meta(description="Of the momentum, where there is one.")]
    seed: Annotated[int, Meta(description="Of the random noise.")]
    compare: Annotated[tuple[Comparison, ...], Meta(description="What was tried besides.")]
    names: Annotated[dict[int, str], Meta(description="What the images are called, by index.")]
    entries: tuple[RowOfImage, ...]
    several: Annotated[
        tuple[SeveralOfImage, ...],
        Meta(description="Images made on the mean of several networks, which are right each by itself."),
    ]
    skipped: Annotated[tuple[str, ...], Meta(description="A sentence on each image that was left out.")] = ()
    complete: Annotated[bool, Meta(description="False where it was stopped before its end.")] = True

    @property
    def done(self) -> int:
        """Images that were attacked on every row."""
        rows = [sum(entry.row == row for entry in self.entries) for row in range(len(self.rows))]
        return min(rows)

    def own_column(self, row: int) -> int | None:
        """The column of the row's own network, None where it has none."""
        ids = [column.id for column in self.columns]
        return ids.index(self.rows[row].id) if self.rows[row].id in ids else None

    def resized(self, row: int, column: int) -> bool:
        """Whether images have to be resized on their way."""
        return self.rows[row].size != self.columns[column].size


def transfer_record(
    events: Sequence[Event],
    config: TransferConfig,
    infos: Mapping[str, ModelInfo],
    data: str,
    names: Sequence[str],
    *,
    left_out: Sequence[str] = (),
    complete: bool = True,
) -> TransferRecord:
    """Return what `transfer` has yielded so far. infos: by id; data: what the images are; names: of each.

    left_out: a sentence on each file that is not among them.
    """
    entries = tuple(event for event in events if isinstance(event, RowOfImage))
    return TransferRecord(
        rows=tuple(_network(infos[id]) for id in config.rows),
        columns=tuple(_network(infos[id]) for id in config.columns),
        data=data,
        total=len(names),
        norm="linf",
        eps=config.eps,
        n_iter=config.n_iter,
        step=STEP,
        decay=DECAY,
        seed=config.seed,
        compare=config.compare,
        names={entry.index: names[entry.index] for entry in entries},
        entries=entries,
        several=tuple(event for event in events if isinstance(event, SeveralOfImage)),
        skipped=(
            *(f"{event.name}: {event.reason}" for event in events if isinstance(event, Skipped)),
            *left_out,
        ),
        complete=complete,
    )


def _network(info: ModelInfo) -> Network:
    return Network(id=info.id, title=info.title, size=info.size, classes=len(info.classes))


def transfer_to_json(record: TransferRecord) -> Any:
    """Return transfer.json as Python values."""
    return plain(record)
