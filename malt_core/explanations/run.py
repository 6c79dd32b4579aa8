"""The true distances of one picture's leading classes, with their names: what a page or the CLI runs."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from malt_core.explanations.distances import search_distances
from malt_core.explanations.record import DistancesRecord, distances_record
from malt_core.explanations.types import BoundaryDistance, Scored, Search
from malt_core.models.loaders import Model
from malt_core.types import Norm


def measure_distances(
    model: Model,
    x0: Tensor,
    scored: Scored,
    *,
    n_targets: int,
    nearest: bool,
    image: str,
    norm: Norm,
    eps_max: float,
    seed: int,
) -> Iterator[Search | DistancesRecord]:
    """Yield each point that is visited, and what is known of the distances after each class.

    scored: what score_classes said last. nearest: the n_targets of its classes that MALT puts nearest, else
    the likeliest; image: what to call it. The rest is as in boundary_distances, and so is what is raised.
    """
    ranks = {target.index: target.confidence_rank for target in scored.targets}
    order = list(ranks) if nearest else sorted(ranks, key=ranks.__getitem__)
    found: list[BoundaryDistance] = []
    for event in search_distances(
        model, x0, scored.label, order[:n_targets], norm=norm, eps_max=eps_max, seed=seed
    ):
        if isinstance(event, Search):
            yield event
            continue
        found.append(event)
        yield distances_record(
            found, ranks, model.info, image, scored.label, norm=norm, eps_max=eps_max, seed=seed
        )
