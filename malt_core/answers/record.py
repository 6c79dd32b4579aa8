"""A run by answers alone as plain values with names: answers.json, which pages draw and store. No torch.

Lengths are in pixel values from 0 to 1, margins in logits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from msgspec import Meta

from malt_core.answers.types import (
    METHODS,
    SEES,
    AnswersConfig,
    Began,
    Ended,
    Event,
    Heard,
    Measured,
    MethodId,
    Sees,
)
from malt_core.storage.versions import versions
from malt_core.trust.flags import Flag
from malt_core.types import ModelInfo, NamedClass, Norm, PredictedClass


@dataclass(frozen=True, kw_only=True)
class PointRecord:
    """How far a method had come after so many queries."""

    queries: int
    value: Annotated[
        float,
        Meta(description="Smallest margin so far (sees scores), or distance of the nearest image (class)."),
    ]


@dataclass(frozen=True, kw_only=True)
class MaltRecord:
    """What MALT, which has the gradient, needed for the same picture, network and ball."""

    fooled: Annotated[bool, Meta(description="Judged in float32 on the final image.")]
    n_forward: Annotated[int, Meta(description="Images sent through the model; a second opinion left out.")]
    n_backward: Annotated[int, Meta(description="Images sent back through it, for gradients.")]
    distance: Annotated[float | None, Meta(description="Of its image. Null: it did not fool.")]
    answer: Annotated[NamedClass, Meta(description="What the model says of its image.")]
    seconds: float
    flags: Annotated[tuple[Flag, ...], Meta(description="Signs that its gradients are not to be trusted.")]
    reason: Annotated[str, Meta(description="Why it could not be run; empty where it was.")]

    @property
    def passes(self) -> int:
        """Forward and backward passes together, each counted once."""
        return self.n_forward + self.n_backward


@dataclass(frozen=True, kw_only=True)
class MethodRecord:
    """What one method without gradients came to."""

    method: MethodId
    sees: Annotated[Sees, Meta(description="What it hears of an answer: all scores, or the class alone.")]
    state: Annotated[
        Literal["waiting", "running", "done"],
        Meta(description="How far it is; running: it was stopped, or still runs."),
    ]
    queries: Annotated[int, Meta(description="Images it asked the model about, the first ones included.")]
    n_backward: Annotated[int, Meta(description="Gradients taken, counted by the same wrapper.")]
    start: Annotated[
        int | None, Meta(description="Queries until the first image that fooled the model. Null: none did.")
    ]
    within: Annotated[
        int | None,
        Meta(description="Queries until an image in the ball that the judge confirmed. Null: never."),
    ]
    fooled: Annotated[bool, Meta(description="Judged in float32 on the final image, however far it is.")]
    distance: Annotated[float | None, Meta(description="Of that image. Null: nothing fooled.")]
    answer: Annotated[NamedClass | None, Meta(description="What the model says of it. Null: not judged.")]
    seconds: float
    points: Annotated[tuple[PointRecord, ...], Meta(description="Whenever it had come further.")]


@dataclass(frozen=True, kw_only=True)
class AnswersRecord:
    """A picture attacked by answers alone: answers.json, field by field."""

    model: Annotated[str, Meta(description="The id of the model in the catalogue.")]
    image: Annotated[str, Meta(description="What the picture is called.")]
    norm: Annotated[Norm, Meta(description="What eps measures.")]
    eps: Annotated[float, Meta(description="The radius of the ball, in pixel values from 0 to 1.")]
    budget: Annotated[int, Meta(description="How many queries each method may spend.")]
    seed: int
    levels: Annotated[
        int,
        Meta(description="Levels that colours are rounded to ahead of the model; 0: the model as it is."),
    ]
    label: Annotated[
        PredictedClass, Meta(description="The model's answer to the picture, which is attacked.")
    ]
    margin: Annotated[float, Meta(description="Its lead over the next class, in logits.")]
    malt: Annotated[MaltRecord | None, Meta(description="The yardstick. Null: not measured yet.")]
    methods: tuple[MethodRecord, ...]
    versions: Annotated[dict[str, str], Meta(description="Of the software.")]

    def of(self, method: MethodId) -> MethodRecord:
        """Return what is known of a method."""
        return next(one for one in self.methods if one.method == method)

    @property
    def finished(self) -> bool:
        """Whether every method has come to its end."""
        return all(one.state == "done" for one in self.methods)


def record_of(
    events: Iterable[Event], info: ModelInfo, image: str, config: AnswersConfig
) -> AnswersRecord | None:
    """Return what is known by these events of attack_by_answers; None before the network has answered."""
    began, malt = None, None
    methods = {method: _waiting(method) for method in METHODS}
    points: dict[MethodId, list[PointRecord]] = {method: [] for method in METHODS}
    for event in events:
        if isinstance(event, Began):
            began = event
        elif isinstance(event, Measured):
            malt = _malt(event, info)
        elif isinstance(event, Heard):
            methods[event.method] = replace(methods[event.method], state="running", queries=event.queries)
            _put(points[event.method], event)
        else:
            methods[event.method] = _ended(event, info)
    if began is None:
        return None
    return AnswersRecord(
        model=info.id,
        image=image,
        norm=config.norm,
        eps=config.eps,
        budget=config.queries,
        seed=config.seed,
        levels=config.levels,
        label=PredictedClass(index=began.label, name=info.classes[began.label], confidence=began.confidence),
        margin=began.margin,
        malt=malt,
        methods=tuple(replace(one, points=tuple(points[one.method])) for one in methods.values()),
        versions=versions(),
    )


def _put(points: list[PointRecord], event: Heard) -> None:
    """Add a point where the value is a new one."""
    if event.value is not None and (not points or points[-1].value != event.value):
        points.append(PointRecord(queries=event.queries, value=event.value))


def _named(info: ModelInfo, index: int) -> NamedClass:
    return NamedClass(index=index, name=info.classes[index])


def _waiting(method: MethodId) -> MethodRecord:
    return MethodRecord(
        method=method, sees=SEES[method], state="waiting", queries=0, n_backward=0, start=None, within=None,
        fooled=False, distance=None, answer=None, seconds=0.0, points=(),
    )  # fmt: skip


def _malt(event: Measured, info: ModelInfo) -> MaltRecord:
    return MaltRecord(
        fooled=event.fooled,
        n_forward=event.n_forward,
        n_backward=event.n_backward,
        distance=event.distance,
        answer=_named(info, event.answer),
        seconds=event.seconds,
        flags=event.flags,
        reason=event.reason,
    )


def _ended(event: Ended, info: ModelInfo) -> MethodRecord:
    return MethodRecord(
        method=event.method,
        sees=SEES[event.method],
        state="done",
        queries=event.queries,
        n_backward=event.n_backward,
        start=event.start,
        within=event.within,
        fooled=event.fooled,
        distance=event.distance,
        answer=_named(info, event.answer),
        seconds=event.seconds,
        points=(),
    )
