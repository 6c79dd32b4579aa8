"""Every candidate class of one image with its score, the likeliest first, a few at a time.

single.attack ranks in one go, which for a network of a thousand classes takes seconds. Here the leading
classes come at once, and each score is exact when it comes (arXiv 2407.02240, section 3).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from malt_core.explanations.one_image import OneImage
from malt_core.explanations.types import Scored
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network
from malt_core.types import Norm, check_count

FIRST, EVERY = 10, 5  # scores at which the first event comes, and then the next ones


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def score_classes(
    model: Network, x0: Tensor, y: int | None = None, *, norm: Norm = "linf", n_candidates: int = 100
) -> Iterator[Scored]:
    """Yield what is known of the likeliest n_candidates classes besides y, again and again until it is all.

    model, x0: as in boundary_distances. y: None for the model's own answer. Closing it stops the work.
    Raises BadImage, BadConfig as boundary_distances does.
    """
    check_count("n_candidates", n_candidates, 1, 100_000)
    with gradients.evaluation_mode(model):
        yield from scores_of(OneImage.of(model, x0, y, norm), n_candidates)


def scores_of(image: OneImage, n_candidates: int) -> Iterator[Scored]:
    """Yield what score_classes yields, of an image that is tried out and placed already."""
    candidates = image.candidates(n_candidates)
    sizes: list[Tensor] = []
    for size in image.score(candidates):
        sizes.append(size)
        done, total = len(sizes), len(candidates)
        if done == total or (done >= FIRST and (done - FIRST) % EVERY == 0):
            targets = image.rank(candidates[:done], sizes)
            yield Scored(label=int(image.y), targets=targets, total=total)
