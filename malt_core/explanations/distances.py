"""How far each class really is, beside what MALT's straight line says (arXiv 2407.02240, section 3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from malt_core.epsilon import check_eps
from malt_core.errors import BadConfig
from malt_core.explanations.one_image import OneImage
from malt_core.explanations.radius import RadiusSearch
from malt_core.explanations.types import BoundaryDistance, Search
from malt_core.numerics import gradients
from malt_core.numerics.checks import check_class
from malt_core.numerics.gradients import Network
from malt_core.types import MAX_SEED, Norm, check_count


def boundary_distances(
    model: Network,
    x0: Tensor,
    y: int,
    targets: Sequence[int],
    *,
    norm: Norm,
    eps_max: float,
    seed: int = 0,
) -> list[BoundaryDistance]:
    """Return how far each target is, in their order: by MALT's score, and by a search for the boundary.

    model maps (B, C, H, W) in [0, 1] to logits (B, K >= 2). x0: (C, H, W) in [0, 1]; y: the class whose logit
    each target's has to reach. eps_max: the largest radius to search, in [0, 1] pixel units. The search is
    radius.py's: what it finds is an upper bound of the true distance, on a linear model within two per cent
    of it. Randomness (where a gradient vanishes) comes from the seed alone.

    Raises BadImage for an image of the wrong type or range, BadConfig for a label, target, norm, eps_max or
    model that does not fit.
    """
    return list(each_boundary_distance(model, x0, y, targets, norm=norm, eps_max=eps_max, seed=seed))


def each_boundary_distance(
    model: Network,
    x0: Tensor,
    y: int,
    targets: Sequence[int],
    *,
    norm: Norm,
    eps_max: float,
    seed: int = 0,
) -> Iterator[BoundaryDistance]:
    """Yield the records of boundary_distances one by one, as they are found; closing it stops the work."""
    for event in search_distances(model, x0, y, targets, norm=norm, eps_max=eps_max, seed=seed):
        if isinstance(event, BoundaryDistance):
            yield event


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def search_distances(
    model: Network,
    x0: Tensor,
    y: int,
    targets: Sequence[int],
    *,
    norm: Norm,
    eps_max: float,
    seed: int = 0,
) -> Iterator[Search | BoundaryDistance]:
    """Yield every point that boundary_distances visits, and each record when it is known."""
    check_eps(eps_max, norm)
    check_count("seed", seed, 0, MAX_SEED)
    with gradients.evaluation_mode(model):
        image = OneImage.of(model, x0, y, norm)
        classes = [check_class(target, image.z0.shape[1], "Target") for target in targets]
        if int(image.y) in classes:
            raise BadConfig(f"Target {int(image.y)} is the label itself: give other classes.")
        for target in classes:
            yield from distance(image, target, eps_max, seed)


def distance(image: OneImage, target: int, eps_max: float, seed: int) -> Iterator[Search | BoundaryDistance]:
    """Yield every point visited in search of one class's boundary, then its record."""
    predicted, gradient = image.line_to(target)
    y = int(image.y)
    search = RadiusSearch(image, target, gradient, lambda z: float(z[0, y] - z[0, target]), seed=seed)
    yield from search.run(predicted, eps_max)
    found = search.x is not None
    yield BoundaryDistance(
        target=target,
        predicted=predicted,
        reached=search.radius if found else math.inf,
        adversarial=search.x[0].clone() if found else None,
        wins=found and int(search.z.argmax(1)) == target,
        steps=search.steps,
    )
