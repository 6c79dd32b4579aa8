"""What the job queue computes for the Targets page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from malt_core.attacks.types import AttackConfig, AttackEvent
from malt_core.datasets.in_memory import InMemoryData
from malt_core.explanations.limits import EPS_MAX
from malt_core.explanations.record import ClassesRecord, DistancesRecord
from malt_core.explanations.types import Comparing, LogitStep, OrdersOfImage, Search, Skipped
from malt_core.export.snapshot import Snapshot
from ui.pictures.picture import Picture
from ui.targets.link import TargetsSettings

if TYPE_CHECKING:
    from malt_core.models.loaders import Model

CANDIDATES = 100  # classes that are ranked, the paper's number
T = TypeVar("T")


def latest(events: Sequence[Any], kind: type[T]) -> T | None:
    """The last event of that kind."""
    return next((event for event in reversed(events) if isinstance(event, kind)), None)


@dataclass(frozen=True)
class TwoTargets:
    """Event: the classes that the two attacks aim at, the likeliest and MALT's first, and the label."""

    label: int
    likeliest: int
    nearest: int


def classes_key(settings: TargetsSettings, picture: Picture) -> str:
    """Equal keys mean equal results, whatever the settings say that the view does not need."""
    own = (settings.model, settings.norm, settings.seed, settings.measured, settings.which)
    return _digest("classes", own, picture)


def two_key(settings: TargetsSettings, picture: Picture) -> str:
    """Equal keys mean equal results."""
    return _digest("two", (settings.model, settings.config), picture)


def aim_key(settings: TargetsSettings, picture: Picture, target: int) -> str:
    """Equal keys mean equal attacks on one class."""
    return _digest("aim", (settings.model, aimed(settings, target)), picture)


def many_key(settings: TargetsSettings, data: InMemoryData) -> str:
    """Equal keys mean equal results."""
    digests = [(record.name, record.label, record.digest) for record in data.content]
    parts = ("targets", "many", settings.model, settings.config, data.name, digests)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _digest(what: str, settings: object, picture: Picture) -> str:
    parts = ("targets", what, settings, picture.name, picture.source, picture.digest)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def classes(
    settings: TargetsSettings, picture: Picture
) -> Callable[[Model], Iterator[ClassesRecord | Search | DistancesRecord]]:
    """A work function for the queue: every class with its score, then the true distances, class by class."""

    def work(model: Model) -> Iterator[ClassesRecord | Search | DistancesRecord]:
        from malt_core.explanations.classes import score_classes
        from malt_core.explanations.record import classes_record
        from malt_core.explanations.run import measure_distances

        x, norm = picture.to_sample().x, settings.norm
        for scored in score_classes(model, x, norm=norm, n_candidates=CANDIDATES):
            yield classes_record(scored, model.info, picture.name, norm)
        yield from measure_distances(
            model,
            x,
            scored,
            n_targets=settings.measured,
            nearest=settings.which == "nearest",
            image=picture.name,
            norm=norm,
            eps_max=EPS_MAX[norm],
            seed=settings.seed,
        )

    return work


def two(settings: TargetsSettings, picture: Picture) -> Callable[[Model], Iterator[TwoTargets | LogitStep]]:
    """A work function for the queue: the two classes, then all logits step by step."""

    def work(model: Model) -> Iterator[TwoTargets | LogitStep]:
        from malt_core.explanations.classes import score_classes
        from malt_core.explanations.two_attacks import attack_both

        x, config = picture.to_sample().x, settings.config
        for scored in score_classes(model, x, norm=config.norm, n_candidates=CANDIDATES):
            if len(scored.targets) < scored.total:
                yield scored
        likeliest = next(t.index for t in scored.targets if t.confidence_rank == 1)
        yield (targets := TwoTargets(scored.label, likeliest, scored.targets[0].index))
        yield from attack_both(
            model,
            x,
            None,
            targets.likeliest,
            targets.nearest,
            norm=config.norm,
            eps=config.eps,
            n_iter=config.n_iter,
            seed=config.seed,
        )

    return work


def many(
    settings: TargetsSettings, data: InMemoryData
) -> Callable[[Model], Iterator[Comparing | OrdersOfImage | Skipped]]:
    """A work function for the queue: image after image in either order."""

    def work(model: Model) -> Iterator[Comparing | OrdersOfImage | Skipped]:
        from malt_core.explanations.ranks import orders_over

        yield from orders_over(model, data, settings.config)

    return work


def aimed(settings: TargetsSettings, target: int) -> AttackConfig:
    """How one class is attacked after a click on it."""
    return replace(
        AttackConfig(norm=settings.norm, eps=settings.epsilon.value, seed=settings.seed), target=target
    )


def aim(
    settings: TargetsSettings, picture: Picture, target: int
) -> Callable[[Model], Iterator[AttackEvent | Snapshot]]:
    """A work function for the queue: the attack on one class, then what a page draws of it."""

    def work(model: Model) -> Iterator[AttackEvent | Snapshot]:
        from malt_core.attack_run.run import attack_and_measure
        from malt_core.attack_run.types import AttackRun
        from malt_core.export.snapshot import snapshot_of

        config = aimed(settings, target)
        run = attack_and_measure(
            model, picture.to_sample(), config, crop=settings.crop, source=picture.source
        )
        for event in run:
            yield snapshot_of(event) if isinstance(event, AttackRun) else event

    return work
