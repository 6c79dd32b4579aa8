"""Records made by hand, for tests of words and figures."""

from __future__ import annotations

from malt_core.explanations.record import (
    Candidate,
    ClassesRecord,
    Distance,
    DistancesRecord,
    RanksRecord,
    SmallestRecord,
    rank_correlation,
)
from malt_core.explanations.types import LogitStep, OrdersOfImage
from malt_core.types import NamedClass

CAT, DOG = NamedClass(index=0, name="cat"), NamedClass(index=1, name="dog")


def classes(distances: list[float | None], total: int | None = None) -> ClassesRecord:
    """Candidates in the order of confidence with these predicted distances."""
    known = sorted(range(len(distances)), key=lambda i: (distances[i] is None, distances[i]))
    candidates = [
        Candidate(
            index=i + 1,
            name=f"class {i + 1}",
            rank=rank,
            confidence_rank=i + 1,
            margin=1.0 + i,
            gradient_norm=None if distances[i] is None else 100.0,
            predicted=distances[i],
        )
        for rank, i in enumerate(known, start=1)
    ]
    return ClassesRecord(
        model="m",
        image="cat",
        norm="linf",
        label=CAT,
        total=total or len(distances),
        candidates=tuple(candidates),
    )


def distances(pairs: list[tuple[float, float | None, bool]]) -> DistancesRecord:
    """Distances in the order of confidence: predicted, reached, whether the target is answered."""
    rows = tuple(
        Distance(
            index=i,
            name=f"class {i}",
            confidence_rank=i,
            predicted=predicted,
            reached=reached,
            wins=wins,
            steps=20,
        )
        for i, (predicted, reached, wins) in enumerate(pairs, start=1)
    )
    reached = [float("inf") if row.reached is None else row.reached for row in rows]
    return DistancesRecord(
        model="m",
        image="cat",
        norm="linf",
        eps_max=64 / 255,
        seed=0,
        label=CAT,
        distances=rows,
        correlation=rank_correlation([row.predicted for row in rows], reached),
        confidence_correlation=rank_correlation([row.confidence_rank for row in rows], reached),
    )


def ranks(places: list[tuple[int, int]]) -> RanksRecord:
    """Images that were attacked, with the places of MALT's order and of confidence, 0 for none."""
    images = tuple(
        OrdersOfImage(
            index=i,
            name=f"image {i}",
            label=0,
            attacked=True,
            malt=malt,
            naive=naive,
            malt_target=1 if malt else -1,
            naive_target=1 if naive else -1,
            first_malt=1,
            first_naive=1,
        )
        for i, (malt, naive) in enumerate(places)
    )
    return RanksRecord(
        model="m",
        data="d",
        norm="linf",
        eps=4 / 255,
        n_targets=9,
        n_candidates=100,
        n_iter=100,
        seed=0,
        images=(*images, OrdersOfImage(index=99, name="wrong", label=0, attacked=False)),
        names={0: "cat", 1: "dog"},
    )


def smallest(reached: float | None, eight_bit: float | None) -> SmallestRecord:
    """A search that reached this radius, and this one as 8 bits."""
    return SmallestRecord(
        model="m",
        image="cat",
        norm="linf",
        eps_max=64 / 255,
        seed=0,
        label=CAT,
        reached=reached,
        answer=reached and DOG,
        target=reached and DOG,
        predicted=2 / 255,
        eight_bit_eps=eight_bit,
        eight_bit_answer=eight_bit and DOG,
        tried=2,
        steps=40,
        seconds=1.5,
    )


TRACE = [LogitStep(step=k, logits=((3.0, k, 1.0, 0.0), (3.0 - k, 1.0, 2.0, k))) for k in range(4)]
