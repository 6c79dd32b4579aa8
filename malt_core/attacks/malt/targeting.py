"""Which classes to attack, and in which order: the idea of MALT (arXiv 2407.02240, section 3).

Candidate i gets the score  s_i = m_i(x) / ||grad m_i(x)||_*  with the dual norm: the linear prediction of
the distance to its decision boundary. The smallest scores are attacked first. Naive targeting, as in
AutoAttack, takes the highest logits instead.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from malt_core.attacks.types import RankedTarget, Targeting
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.types import Norm


def confident_classes(z: Tensor, y: Tensor, n: int, shared: losses.SharedLogits | None = None) -> Tensor:
    """Return the n classes with the highest logits besides y (all K - 1 if fewer), most confident first.

    z: (B, K); y: (B,); result (B, min(n, K - 1)) of class indices. shared: of classes that share a logit,
    one is listed, and none that shares the label's.
    """
    order = losses.others(z, y, shared).argsort(dim=1, descending=True, stable=True)
    classes = z.shape[1] if shared is None else len(shared.distinct)
    return order[:, : min(n, classes - 1)]


def scores(margins: Tensor, gradient_norms: Tensor) -> Tensor:
    """Return margin / gradient norm, +inf where the gradient is zero or not finite."""
    usable = gradient_norms.isfinite() & (gradient_norms > 0)
    return torch.where(usable, margins / gradient_norms.where(usable, 1.0), torch.inf)


def gradient_norms(
    model: Network,
    x: Tensor,
    y: Tensor,
    candidates: Tensor,
    norm: Norm,
    passes: Passes,
    *,
    bfloat16: bool = False,
) -> Iterator[Tensor]:
    """Yield ||grad m_i(x)||_*, (B,), candidate by candidate; see gradients.margin_gradients for shapes."""
    for gradient in gradients.margin_gradients(model, x, y, candidates, passes, bfloat16=bfloat16):
        yield norms.dual_size(gradient, norm)


def order_by_score(candidates: Tensor, score: Tensor) -> Tensor:
    """Return candidates (B, c) sorted by score (B, c), smallest first; ties stay in order of confidence."""
    return candidates.gather(1, score.argsort(dim=1, stable=True))


def rank(
    z: Tensor,
    y: int,
    candidates: Tensor,
    norms_of: Tensor,
    targeting: Targeting,
    exact: Tensor | None = None,
) -> tuple[RankedTarget, ...]:
    """Return every candidate of one image in the order of attack.

    z: (K,) logits of the image; candidates: (c,) by confidence; norms_of: (c,) dual gradient norms. exact:
    (c,), whether they are that, not upper bounds; None where all are. Those that are not come last.
    """
    exact = torch.ones_like(candidates, dtype=torch.bool) if exact is None else exact
    margins = z[y] - z[candidates]
    score = scores(margins, norms_of)
    order = torch.arange(len(candidates), device="cpu")
    if targeting == "malt":
        order = score.where(exact, torch.inf).argsort(stable=True)
    return tuple(
        RankedTarget(
            index=int(candidates[j]),
            rank=place,
            confidence_rank=j + 1,
            margin=float(margins[j]),
            gradient_norm=float(norms_of[j]),
            predicted_distance=float(score[j]),
            at_least=not bool(exact[j]),
        )
        for place, j in enumerate(order.tolist(), start=1)
    )
