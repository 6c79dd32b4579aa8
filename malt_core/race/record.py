"""What a race leaves behind: race.json, as types; pages and figures are drawn from it. Needs no torch.

The types have the fields of race.json in their order, and docs/race.schema.json is made from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from malt_core.attacks.catalogue import TITLES
from malt_core.attacks.outcome import Outcome, Truth, outcome
from malt_core.errors import BadConfig
from malt_core.race.timeline import Lane, Race, State
from malt_core.race.types import Checked, Fell, LineUp, RaceConfig
from malt_core.storage.typed_json import parse_json, plain, typed
from malt_core.storage.versions import versions
from malt_core.trust.flags import Flag, merged, of_opinion
from malt_core.trust.opinion import SecondOpinion
from malt_core.types import Crop, ModelInfo, NamedClass, Norm, PredictedClass

RECORD = "race.json"


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A picture of a race, as record_of is told of it; fields as in PictureRecord, truth by index."""

    name: str
    source: str
    credit: str
    sha256: str
    truth: Truth


@dataclass(frozen=True, kw_only=True)
class PictureRecord:
    """A picture, and what the network says of it without any attack."""

    name: str
    source: Annotated[str, Meta(description="What `malt attack` takes to open it: a file, or gallery:ID.")]
    credit: Annotated[str, Meta(description="Author and licence; empty where nobody said.")]
    sha256: Annotated[str, Meta(description="Digest of the 8-bit pixels.")]
    truth: Annotated[
        tuple[NamedClass, ...] | None,
        Meta(
            description="Classes that name what it shows; none: the model has no word for it. Null: unknown."
        ),
    ]
    answer: Annotated[
        PredictedClass | None,
        Meta(description="The model's answer without attack, which they try to change. Null: not finite."),
    ]
    refused: Annotated[
        bool,
        Meta(
            description="The model gives no answer to it: it refuses it, or abstains. No attack touches it."
        ),
    ] = False

    @property
    def right(self) -> bool | None:
        """Whether that answer names what the picture shows; None where nobody said or there is no answer."""
        if self.truth is None or self.answer is None:
            return None
        return self.answer.index in {known.index for known in self.truth}


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """What an attack did from `start` to `end`, in seconds of its own."""

    stage: str
    start: float
    end: float


@dataclass(frozen=True, kw_only=True)
class FallRecord:
    """The first time that an attack changed the model's answer about a picture, judged in float32."""

    picture: Annotated[int, Meta(description="Its place in `pictures`, from 0.")]
    answer: Annotated[NamedClass, Meta(description="What the model said then.")]
    outcome: Annotated[
        Outcome,
        Meta(description="What that means, by what the picture shows: fooled if right before."),
    ]
    stage: Annotated[str, Meta(description="What the attack was doing.")]
    rank: Annotated[
        int | None,
        Meta(description="Which of its targets it aimed at, from 1 in its order. Null: it does not tell."),
    ]
    seconds: Annotated[float, Meta(description="Of the attack's own working time.")]
    n_forward: Annotated[int, Meta(description="Images sent through the model by then.")]
    n_backward: Annotated[int, Meta(description="Images sent back through it by then, for gradients.")]
    survives_png: Annotated[bool, Meta(description="The image rounded to 8 bits changes the answer, too.")]


@dataclass(frozen=True, kw_only=True)
class LaneRecord:
    """One attack's part of the race: it ran alone, only its own working time counts."""

    attack: Annotated[str, Meta(description="The id of the attack in the catalogue.")]
    title: str
    state: Annotated[State, Meta(description="How it ended; waiting: it did not get to start.")]
    seconds: Annotated[float, Meta(description="Its working time.")]
    n_forward: Annotated[int, Meta(description="Images sent through the model.")]
    n_backward: Annotated[int, Meta(description="Images sent back through it, for gradients.")]
    falls: Annotated[tuple[FallRecord, ...], Meta(description="In the order in which they came.")]
    invalid: Annotated[
        tuple[int, ...],
        Meta(description="Pictures, by place, that it did not change, with scores near by not finite."),
    ]
    stages: tuple[StageRecord, ...]
    flags: Annotated[
        tuple[Flag, ...],
        Meta(description="Signs that the attack failed where the model is not robust; images are pictures."),
    ] = ()
    second_opinion: Annotated[
        SecondOpinion | None,
        Meta(description="What an attack without gradients made of pictures left, as this attack asked it."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class CheckRecord:
    """A second opinion, without gradients, on pictures that all attacks have left."""

    opinion: Annotated[SecondOpinion, Meta(description="Its images are pictures, by place.")]
    answers: Annotated[
        tuple[NamedClass, ...], Meta(description="What the model said of each picture that it fooled.")
    ]
    flags: Annotated[tuple[Flag, ...], Meta(description="What that raises; images are pictures.")]


@dataclass(frozen=True, kw_only=True)
class RaceRecord:
    """A race of attacks on the same pictures: race.json, field by field."""

    model: Annotated[str, Meta(description="The id of the model in the catalogue.")]
    dataset: Annotated[str, Meta(description="What the model was trained on.")]
    norm: Annotated[Norm, Meta(description="What eps measures.")]
    eps: Annotated[float, Meta(description="The radius, in pixel values from 0 to 1.")]
    seed: Annotated[int, Meta(description="What fixes the random starts.")]
    crop: Annotated[Crop, Meta(description="How the pictures were cut to the model's resolution.")]
    pictures: tuple[PictureRecord, ...]
    lanes: Annotated[tuple[LaneRecord, ...], Meta(description="In the order in which they ran.")]
    versions: Annotated[dict[str, str], Meta(description="Of the software.")]
    check: Annotated[
        CheckRecord | None, Meta(description="What a second opinion found. Null: not asked for.")
    ] = None

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Those of the second opinion, then those of all attacks, each code once."""
        return merged(
            (*(self.check.flags if self.check else ()), *(f for lane in self.lanes for f in lane.flags))
        )

    @property
    def left(self) -> tuple[int, ...]:
        """The places of the pictures that all attacks have left, though each came to its end."""
        if any(lane.state != "done" for lane in self.lanes):
            return ()
        gone = {i for lane in self.lanes for i in (*(fall.picture for fall in lane.falls), *lane.invalid)}
        return tuple(i for i in self.standing if i not in gone)

    def flagged(self, i: int) -> bool:
        """Return whether a flag concerns the picture at this place."""
        return any(flag.images is None or i in flag.images for flag in self.flags)

    @property
    def unasked(self) -> bool:
        """Whether a second opinion could still be asked for: on pictures left that nobody has asked about."""
        asked = {i for lane in self.lanes if lane.second_opinion for i in lane.second_opinion.images}
        return self.check is None and not set(self.left) <= asked

    @property
    def standing(self) -> tuple[int, ...]:
        """The places of the pictures that were attacked: those that the model gives an answer to."""
        return tuple(i for i, one in enumerate(self.pictures) if one.answer is not None and not one.refused)


def record_of(
    race: Race, info: ModelInfo, config: RaceConfig, crop: Crop, entrants: Sequence[Entrant]
) -> RaceRecord:
    """Return what race.json says of a race so far, of which the network has looked at the pictures."""
    lined_up = race.line_up
    assert lined_up is not None
    return RaceRecord(
        model=info.id,
        dataset=info.dataset,
        norm=config.norm,
        eps=config.eps,
        seed=config.seed,
        crop=crop,
        pictures=tuple(_picture(i, entrant, lined_up, info) for i, entrant in enumerate(entrants)),
        lanes=tuple(_lane(lane, lined_up, info, entrants) for lane in race.lanes),
        versions=versions(),
        check=race.checked and _check(race.checked, info),
    )


def record_to_json(record: RaceRecord) -> dict[str, Any]:
    """Return the content of race.json; docs/race.schema.json explains it."""
    return plain(record)


def record_from_bytes(data: bytes, where: str) -> RaceRecord:
    """Return the record in a file. where: its name, for messages. Raises BadConfig if there is none."""
    return typed(RaceRecord, parse_json(data, where), where)


def read_record(path: Path) -> RaceRecord:
    """Read race.json, given itself or as the folder that it lies in.

    Raises BadConfig for a file that is no record of a race.
    """
    file = path / RECORD if path.is_dir() else path
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadConfig(f"Cannot read {file}: {error.strerror}. The Race page offers such files.") from error
    return record_from_bytes(data, str(file))


def _named(index: int, info: ModelInfo) -> NamedClass:
    return NamedClass(index=index, name=info.classes[index])


def _picture(i: int, entrant: Entrant, lined_up: LineUp, info: ModelInfo) -> PictureRecord:
    index, confidence = lined_up.answers[i], lined_up.confidences[i]
    return PictureRecord(
        name=entrant.name,
        source=entrant.source,
        credit=entrant.credit,
        sha256=entrant.sha256,
        truth=None if entrant.truth is None else tuple(_named(k, info) for k in sorted(entrant.truth)),
        answer=None
        if i in lined_up.invalid
        else PredictedClass(index=index, name=info.classes[index], confidence=confidence),
        refused=i in lined_up.refused,
    )


def _check(checked: Checked, info: ModelInfo) -> CheckRecord:
    return CheckRecord(
        opinion=checked.opinion,
        answers=tuple(_named(checked.into[i], info) for i in checked.opinion.fooled),
        flags=of_opinion(checked.opinion),
    )


def _lane(lane: Lane, lined_up: LineUp, info: ModelInfo, entrants: Sequence[Entrant]) -> LaneRecord:
    def fall(fell: Fell) -> FallRecord:
        before = lined_up.answers[fell.image]
        return FallRecord(
            picture=fell.image,
            answer=_named(fell.into, info),
            outcome=outcome(entrants[fell.image].truth, before, fell.into),
            stage=fell.stage,
            rank=lane.ranks.get(fell.image),
            seconds=fell.seconds,
            n_forward=fell.n_forward,
            n_backward=fell.n_backward,
            survives_png=fell.survives_png,
        )

    return LaneRecord(
        attack=lane.name,
        title=TITLES[lane.name],
        state=lane.state,
        seconds=lane.seconds,
        n_forward=lane.n_forward,
        n_backward=lane.n_backward,
        falls=tuple(fall(fell) for fell in lane.falls.values()),
        invalid=lane.invalid,
        stages=tuple(StageRecord(stage=s.stage, start=s.start, end=s.end) for s in lane.spans),
        flags=lane.flags,
        second_opinion=lane.second_opinion,
    )
