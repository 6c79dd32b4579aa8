"""What a comparison of defences leaves behind: defences.json, as types. Needs no torch.

docs/defences.schema.json is made from them; pages, figures and sentences are drawn from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from msgspec import Meta

from malt_core.defence_run.types import (
    DefenceConfig,
    DefenceEvent,
    ImageBegun,
    Judged,
    Outcome,
    Unreadable,
    withstood,
)
from malt_core.share import Share
from malt_core.storage.typed_json import parse_json, typed
from malt_core.storage.versions import versions
from malt_core.trust.flags import Flag, merged

RECORD = "defences.json"


@dataclass(frozen=True, kw_only=True)
class ImageRecord:
    """An image that all rows were given."""

    index: Annotated[int, Meta(description="Its place in the data set.")]
    name: Annotated[str, Meta(description="Its name there.")]
    label: Annotated[int, Meta(description="The class that counts as right.")]
    assumed: Annotated[
        bool, Meta(description="Whether that is what the undefended network says of it, as nobody else did.")
    ]


@dataclass(frozen=True, kw_only=True)
class RowRecord:
    """A network or a defence, and what became of the images."""

    id: Annotated[str, Meta(description="As `malt models` and `malt defences` know it.")]
    title: Annotated[str, Meta(description="For people.")]
    detector: Annotated[
        bool, Meta(description="Whether it may refuse an image that looks attacked to it.")
    ] = False
    outcomes: Annotated[tuple[Outcome, ...], Meta(description="Image by image.")] = ()
    flags: Annotated[
        tuple[Flag, ...],
        Meta(description="Why the adaptive figure may be too good; images by index in the data set."),
    ] = ()
    n_forward: Annotated[int, Meta(description="Images sent through it.")] = 0
    n_backward: Annotated[int, Meta(description="Images with a gradient taken.")] = 0
    seconds: Annotated[float, Meta(description="Spent on it.")] = 0.0

    @property
    def clean(self) -> Share:
        """How many it gets right without any attack; at least one image must have been judged."""
        return self._share(outcome.clean == "right" for outcome in self.outcomes)

    @property
    def transfer(self) -> Share:
        """How many withstood the attack that was made on the undefended network."""
        return self._share(outcome.kept for outcome in self.outcomes)

    @property
    def adaptive(self) -> Share:
        """How many withstood the best attack known."""
        return self._share(outcome.left for outcome in self.outcomes)

    def _share(self, held: Iterable[bool]) -> Share:
        return Share(count=sum(held), of=len(self.outcomes))

    @property
    def borrowed(self) -> int:
        """How many only the carried-over image fooled."""
        return sum(outcome.borrowed for outcome in self.outcomes)

    @property
    def only_transfer(self) -> int:
        """How many withstood the carried-over attack and not the one on the row itself."""
        return self.transfer.count - self.adaptive.count

    @property
    def false_alarms(self) -> Share:
        """Of all images without any attack, how many it refuses or abstains on."""
        return self._share(outcome.clean in ("refused", "abstained") for outcome in self.outcomes)

    @property
    def caught(self) -> Share | None:
        """Of the carried-over images of right ones that it would answer wrongly, how many it refuses."""
        shown = [outcome for outcome in self.outcomes if outcome.clean == "right" and outcome.unseen]
        if not self.detector or not shown:
            return None
        return Share(count=sum(outcome.transfer == "refused" for outcome in shown), of=len(shown))

    @property
    def passed(self) -> Share | None:
        """Of the images that it gets right, how many the attack that knows it brought past it, wrong."""
        right = [outcome for outcome in self.outcomes if outcome.clean == "right"]
        if not self.detector or not right:
            return None
        return Share(count=sum(not withstood(outcome.adaptive) for outcome in right), of=len(right))


@dataclass(frozen=True, kw_only=True)
class DefencesRecord:
    """Networks and defences under three columns, over the same images: defences.json, field by field."""

    undefended: Annotated[str, Meta(description="The network that the carried-over attack is made on.")]
    data: Annotated[str, Meta(description="The data set's name.")]
    fingerprint: Annotated[str, Meta(description="Changes with the files' names, sizes or labels.")]
    config: Annotated[DefenceConfig, Meta(description="Of both attacks; eps in pixel values from 0 to 1.")]
    total: Annotated[int, Meta(description="How many images were asked for.")]
    images: tuple[ImageRecord, ...]
    rows: tuple[RowRecord, ...]
    versions: Annotated[dict[str, str], Meta(description="Of the software.")]
    skipped: Annotated[tuple[str, ...], Meta(description="A sentence on each image that was not read.")] = ()

    @property
    def begun(self) -> tuple[RowRecord, ...]:
        """The rows that have been through an image."""
        return tuple(row for row in self.rows if row.outcomes)

    @property
    def looked_at(self) -> int:
        """How many images of the data set were gone through, those that could not be read among them."""
        return len(self.images) + len(self.skipped)

    @property
    def finished(self) -> int:
        """How many images all rows have been through."""
        return min((len(row.outcomes) for row in self.rows), default=0)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Those of all rows, each code once."""
        return merged(flag for row in self.rows for flag in row.flags)


def empty_record(
    undefended: str,
    rows: Sequence[RowRecord],
    config: DefenceConfig,
    *,
    data: str,
    fingerprint: str = "",
    total: int,
) -> DefencesRecord:
    """Return the record of a comparison that has not begun. rows: without outcomes."""
    return DefencesRecord(
        undefended=undefended,
        data=data,
        fingerprint=fingerprint,
        config=config,
        total=total,
        images=(),
        rows=tuple(rows),
        versions=versions(),
    )


def grown(record: DefencesRecord, events: Sequence[DefenceEvent]) -> DefencesRecord:
    """Return a record with what these events have brought."""
    images = [
        ImageRecord(index=event.index, name=event.name, label=event.label, assumed=event.assumed)
        for event in events
        if isinstance(event, ImageBegun)
    ]
    judged = [event for event in events if isinstance(event, Judged)]
    skipped = [f"{event.name}: {event.reason}" for event in events if isinstance(event, Unreadable)]
    return replace(
        record,
        images=(*record.images, *images),
        rows=tuple(
            _grown_row(row, [event for event in judged if event.row == row.id]) for row in record.rows
        ),
        skipped=(*record.skipped, *skipped),
    )


def same_images(record: DefencesRecord) -> DefencesRecord:
    """Return the record up to the last image that all rows have been through; as it is before the first.

    Flags and costs stay those of all that was done.
    """
    if not (n := record.finished):
        return record
    return replace(
        record,
        images=record.images[:n],
        rows=tuple(replace(row, outcomes=row.outcomes[:n]) for row in record.rows),
    )


def _grown_row(row: RowRecord, events: Sequence[Judged]) -> RowRecord:
    return replace(
        row,
        outcomes=(*row.outcomes, *(event.outcome for event in events)),
        flags=merged((*row.flags, *(flag for event in events for flag in event.flags))),
        n_forward=row.n_forward + sum(event.n_forward for event in events),
        n_backward=row.n_backward + sum(event.n_backward for event in events),
        seconds=row.seconds + sum(event.seconds for event in events),
    )


def record_from_bytes(data: bytes, where: str) -> DefencesRecord:
    """Return the record in a file. where: its name, for messages. Raises BadConfig if there is none."""
    return typed(DefencesRecord, parse_json(data, where), where)
