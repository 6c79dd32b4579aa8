"""Explanations as plain values with names: what the command line prints, and what pages draw and store.

Lengths are in pixel values from 0 to 1, margins in logits. None stands where a value is infinite or
undefined. No torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from malt_core.attacks.types import AttackConfig, RankedTarget
from malt_core.explanations.types import BoundaryDistance, OrdersOfImage, Scored, Skipped, SmallestEpsilon
from malt_core.storage.typed_json import finite_or_none
from malt_core.types import ModelInfo, NamedClass, Norm

FEWEST = 3  # classes whose order says anything
SHOWN_RANKS = 3  # places that have a bar of their own; the others share one


@dataclass(frozen=True, kw_only=True)
class Candidate(NamedClass):
    """A wrong class as the ranking sees it: see attacks/types.py, RankedTarget."""

    rank: int
    confidence_rank: int
    margin: float
    gradient_norm: float | None
    predicted: float | None


@dataclass(frozen=True, kw_only=True)
class ClassesRecord:
    """The wrong classes of one picture ranked so far, nearest first. total: how many there will be."""

    model: str
    image: str
    norm: Norm
    label: NamedClass
    total: int
    candidates: tuple[Candidate, ...]


def classes_record(scored: Scored, model: ModelInfo, image: str, norm: Norm) -> ClassesRecord:
    """Return an event of score_classes with names. image: what to call the picture."""
    return ClassesRecord(
        model=model.id,
        image=image,
        norm=norm,
        label=named(model, scored.label),
        total=scored.total,
        candidates=tuple(_candidate(target, model) for target in scored.targets),
    )


def _candidate(target: RankedTarget, model: ModelInfo) -> Candidate:
    return Candidate(
        index=target.index,
        name=model.classes[target.index],
        rank=target.rank,
        confidence_rank=target.confidence_rank,
        margin=target.margin,
        gradient_norm=finite_or_none(target.gradient_norm),
        predicted=finite_or_none(target.predicted_distance),
    )


def named(model: ModelInfo, index: int) -> NamedClass:
    """Return a class of the model with its name."""
    return NamedClass(index=index, name=model.classes[index])


@dataclass(frozen=True, kw_only=True)
class Distance(NamedClass):
    """How far a class is, by the straight line and in truth: see types.py, BoundaryDistance."""

    confidence_rank: int
    predicted: float | None
    reached: float | None
    wins: bool
    steps: int


@dataclass(frozen=True, kw_only=True)
class DistancesRecord:
    """The distances of some wrong classes of one picture, in the order of confidence.

    correlation: Spearman's rank correlation of predicted and reached distance; confidence_correlation: of the
    order of confidence with the reached distance. Classes that were not reached up to eps_max count as
    further than all that were. None for fewer than FEWEST classes, and where all are alike.
    """

    model: str
    image: str
    norm: Norm
    eps_max: float
    seed: int
    label: NamedClass
    distances: tuple[Distance, ...]
    correlation: float | None
    confidence_correlation: float | None


def distances_record(
    found: Sequence[BoundaryDistance],
    ranks: dict[int, int],
    model: ModelInfo,
    image: str,
    label: int,
    *,
    norm: Norm,
    eps_max: float,
    seed: int,
) -> DistancesRecord:
    """Return records of boundary_distances with names. ranks: by class, its place by confidence, from 1."""
    ordered = sorted(found, key=lambda one: ranks[one.target])
    reached = [one.reached for one in ordered]
    return DistancesRecord(
        model=model.id,
        image=image,
        norm=norm,
        eps_max=eps_max,
        seed=seed,
        label=named(model, label),
        distances=tuple(
            Distance(
                index=one.target,
                name=model.classes[one.target],
                confidence_rank=ranks[one.target],
                predicted=finite_or_none(one.predicted),
                reached=finite_or_none(one.reached),
                wins=one.wins,
                steps=one.steps,
            )
            for one in ordered
        ),
        correlation=rank_correlation([one.predicted for one in ordered], reached),
        confidence_correlation=rank_correlation([ranks[one.target] for one in ordered], reached),
    )


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation; infinite values rank last. None where there is none to speak of."""
    if len(first) < FEWEST or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    from scipy.stats import spearmanr  # takes a while to import

    return finite_or_none(float(spearmanr(first, second).statistic))


@dataclass(frozen=True, kw_only=True)
class RanksRecord:
    """Where in either order the attack succeeded, over many images.

    n_targets, n_candidates, n_iter, seed: as in AttackConfig. images: those that could be read, in order;
    their classes by index, names: of all classes among them. skipped: a sentence on each of the others.
    """

    model: str
    data: str
    norm: Norm
    eps: float
    n_targets: int
    n_candidates: int
    n_iter: int
    seed: int
    images: tuple[OrdersOfImage, ...]
    names: dict[int, str]
    skipped: tuple[str, ...] = ()

    @property
    def attacked(self) -> tuple[OrdersOfImage, ...]:
        """The images that the model gets right, so that they were attacked."""
        return tuple(image for image in self.images if image.attacked)

    @property
    def fooled(self) -> tuple[OrdersOfImage, ...]:
        """The images that either order fooled."""
        return tuple(image for image in self.images if image.fooled)

    @property
    def only_malt(self) -> tuple[OrdersOfImage, ...]:
        """The images on which only MALT's order succeeded."""
        return tuple(image for image in self.images if image.malt and not image.naive)

    @property
    def only_naive(self) -> tuple[OrdersOfImage, ...]:
        """The images on which only the order of confidence succeeded."""
        return tuple(image for image in self.images if image.naive and not image.malt)

    def histogram(self) -> dict[str, tuple[int, ...]]:
        """Return for "malt" and for "naive" how many images fell at place 1, 2, 3, and beyond."""
        return {
            "malt": _histogram([image.malt for image in self.images]),
            "naive": _histogram([image.naive for image in self.images]),
        }


def _histogram(places: Sequence[int]) -> tuple[int, ...]:
    bars = [sum(place == rank for place in places) for rank in range(1, SHOWN_RANKS + 1)]
    return (*bars, sum(place > SHOWN_RANKS for place in places))


def ranks_record(events: Sequence[object], model: ModelInfo, data: str, config: AttackConfig) -> RanksRecord:
    """Return what orders_over has yielded so far with names. data: what to call the data set."""
    images = tuple(event for event in events if isinstance(event, OrdersOfImage))
    used = {
        index
        for image in images
        for index in (image.label, image.malt_target, image.naive_target, image.first_malt, image.first_naive)
        if index >= 0
    }
    return RanksRecord(
        model=model.id,
        data=data,
        norm=config.norm,
        eps=config.eps,
        n_targets=config.n_targets,
        n_candidates=config.n_candidates,
        n_iter=config.n_iter,
        seed=config.seed,
        images=images,
        names={index: model.classes[index] for index in sorted(used)},
        skipped=tuple(f"{event.name}: {event.reason}" for event in events if isinstance(event, Skipped)),
    )


@dataclass(frozen=True, kw_only=True)
class SmallestRecord:
    """The smallest ε at which one picture is fooled: see types.py, SmallestEpsilon. None: not found."""

    model: str
    image: str
    norm: Norm
    eps_max: float
    seed: int
    label: NamedClass
    reached: float | None
    answer: NamedClass | None
    target: NamedClass | None
    predicted: float | None
    eight_bit_eps: float | None
    eight_bit_answer: NamedClass | None
    tried: int
    steps: int
    seconds: float


def smallest_record(
    found: SmallestEpsilon, model: ModelInfo, image: str, *, norm: Norm, eps_max: float, seed: int
) -> SmallestRecord:
    """Return a SmallestEpsilon with names. image: what to call the picture."""
    reached = finite_or_none(found.reached)
    return SmallestRecord(
        model=model.id,
        image=image,
        norm=norm,
        eps_max=eps_max,
        seed=seed,
        label=named(model, found.label),
        reached=reached,
        answer=None if reached is None else named(model, found.answer),
        target=None if reached is None else named(model, found.target),
        predicted=finite_or_none(found.predicted),
        eight_bit_eps=finite_or_none(found.eight_bit_eps),
        eight_bit_answer=None if found.eight_bit is None else named(model, found.eight_bit_answer),
        tried=found.tried,
        steps=found.steps,
        seconds=found.seconds,
    )
