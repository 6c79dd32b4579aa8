"""Races as records, made up for tests: what the words, the replay and the figure are asked about."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping

from PIL import Image

from malt_core.attacks.catalogue import TITLES, AttackId
from malt_core.attacks.outcome import outcome
from malt_core.race.record import FallRecord, LaneRecord, PictureRecord, RaceRecord, StageRecord
from malt_core.race.timeline import State
from malt_core.types import NamedClass, PredictedClass

NAMES = ("cat", "rocket", "flower", "cup")
NEW = 7  # the class that every changed answer becomes


def named(index: int) -> NamedClass:
    return NamedClass(index=index, name=f"class {index}")


def picture(
    i: int, *, truth: Collection[int] | str | None = "right", confidence: float = 0.9, finite: bool = True
) -> PictureRecord:
    """Picture i, of which the network says class i. truth: what it shows; "right": just that."""
    known = (i,) if truth == "right" else truth
    return PictureRecord(
        name=NAMES[i],
        source=f"gallery:{NAMES[i]}",
        credit="somebody (CC0)",
        sha256=f"{i:064x}",
        truth=None if known is None else tuple(named(k) for k in known),
        answer=PredictedClass(index=i, name=f"class {i}", confidence=confidence) if finite else None,
    )


def lane(
    attack: AttackId,
    falls: Mapping[int, float],
    seconds: float,
    *,
    state: State = "done",
    pictures: Collection[PictureRecord] = (),
    invalid: tuple[int, ...] = (),
    rank: int | None = None,
) -> LaneRecord:
    """falls: when each picture, by place, fell."""
    truths = [None if one.truth is None else {known.index for known in one.truth} for one in pictures]
    return LaneRecord(
        attack=attack,
        title=TITLES[attack],
        state=state,
        seconds=seconds,
        n_forward=round(100 * seconds),
        n_backward=round(90 * seconds),
        falls=tuple(
            FallRecord(
                picture=i,
                answer=named(NEW),
                outcome=outcome(truths[i], i, NEW) if truths else "fooled",
                stage="targets",
                rank=rank,
                seconds=when,
                n_forward=9,
                n_backward=9,
                survives_png=True,
            )
            for i, when in sorted(falls.items(), key=lambda item: item[1])
        ),
        invalid=invalid,
        stages=() if state == "waiting" else (StageRecord(stage="targets", start=0.0, end=seconds),),
    )


def record(
    malt: LaneRecord, third: LaneRecord, autoattack: LaneRecord, pictures: Collection[PictureRecord]
) -> RaceRecord:
    return RaceRecord(
        model="tiny-imagenet/robust",
        dataset="tiny-imagenet",
        norm="linf",
        eps=4 / 255,
        seed=0,
        crop="centre",
        pictures=tuple(pictures),
        lanes=(malt, third, autoattack),
        versions={"malt_lab": "0"},
    )


def race(
    malt: Mapping[int, float],
    naive: Mapping[int, float],
    autoattack: Mapping[int, float],
    *,
    seconds: tuple[float, float, float] = (1.4, 33.0, 244.0),
    states: tuple[State, State, State] = ("done", "done", "done"),
    pictures: Collection[PictureRecord] = tuple(picture(i) for i in range(4)),
) -> RaceRecord:
    """A race on four pictures, all named right, unless others are given: when each fell in each lane."""
    lanes = (
        lane(name, falls, time, state=state, pictures=pictures)
        for name, falls, time, state in zip(
            ("malt", "naive", "autoattack"), (malt, naive, autoattack), seconds, states, strict=True
        )
    )
    return record(*lanes, pictures)


def png(shade: int = 128) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 90, 60)).save(buffer, "PNG")
    return buffer.getvalue()
