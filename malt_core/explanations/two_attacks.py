"""Two attacks on one image, step by step: on the likeliest wrong class, and on MALT's first.

The first figure of the paper (arXiv 2407.02240): the logits of all classes along both. Neither stops at
success, so that both have as many steps.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from malt_core.attacks import apgd
from malt_core.epsilon import check_eps
from malt_core.explanations.one_image import OneImage
from malt_core.explanations.types import LogitStep
from malt_core.numerics import gradients, norms
from malt_core.numerics.checks import check_class
from malt_core.numerics.gradients import Network
from malt_core.numerics.random import row_generator
from malt_core.types import MAX_SEED, Norm, check_count


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def attack_both(
    model: Network,
    x0: Tensor,
    y: int | None,
    likeliest: int,
    nearest: int,
    *,
    norm: Norm,
    eps: float,
    n_iter: int = 20,
    seed: int = 0,
) -> Iterator[LogitStep]:
    """Yield the logits after 0, 1, ... n_iter steps of APGD towards each of two classes.

    model, x0: as in boundary_distances; y: the label, None for the model's own answer. likeliest, nearest:
    the two targets. Each attack is the one that single.attack makes on that class: the same random start.
    Raises BadImage, BadConfig as boundary_distances does.
    """
    check_eps(eps, norm)
    check_count("n_iter", n_iter, 1, 10_000)
    check_count("seed", seed, 0, MAX_SEED)
    with gradients.evaluation_mode(model):
        image = OneImage.of(model, x0, y, norm)
        targets = [check_class(t, image.z0.shape[1], "Target") for t in (likeliest, nearest)]
        both = image.x0.expand(2, -1, -1, -1), image.y.expand(2), image.y.new_tensor(targets)
        start = norms.random_start(both[0], norm, eps, [row_generator(seed, 0, t) for t in targets])
        rows = apgd.begin(image.y.new_tensor([0, 1]), *both, start, eps=eps, n_iter=n_iter)
        for step in range(n_iter + 1):
            _, z = apgd.visit(image.model, rows, norm=norm, eps=eps, passes=image.passes, shared=image.shared)
            gradients.check_finite(z)
            first, second = (tuple(row) for row in z.tolist())
            yield LogitStep(step=step, logits=(first, second))
