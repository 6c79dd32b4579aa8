"""The class that an attack which is to travel aims at: MALT's first, or the likeliest wrong one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from malt_core.attacks.malt import targeting
from malt_core.attacks.malt.candidates import FEW, CandidateScores
from malt_core.attacks.types import AttackConfig
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes

ASSUMED_EPS = 8 / 255  # for the ranking alone where eps is 0


@dataclass(frozen=True)
class Aims:
    """By image, the class aimed at, (B,) each."""

    malt: Tensor
    naive: Tensor


def aims(
    model: Network, x: Tensor, z: Tensor, right: Sequence[Sequence[int]], *, eps: float, passes: Passes
) -> Aims:
    """Return where to aim on images x (B, C, H, W) that the model gets right, with logits z (B, K).

    right: for each image the classes that are right, none of which is aimed at. MALT's first is the nearest
    of the hundred likeliest by the straight line (arXiv 2407.02240, section 3); of classes beyond its reach,
    the likeliest that was measured counts.
    """
    y = z.argmax(1)
    config = AttackConfig(norm="linf", eps=eps or ASSUMED_EPS, n_targets=1)
    ranking = CandidateScores(
        model,
        x,
        y,
        z,
        config,
        batch_size=gradients.worth_a_pass(x, 16),
        bfloat16=False,
        passes=passes,
    )
    every = torch.arange(len(x), device=x.device)
    ranking.extend(every, FEW)
    ranking.extend_while_near(every)
    likely = targeting.confident_classes(z, y, z.shape[1])
    return Aims(
        malt=y.new_tensor([_first(ranking.order(i), right[i]) for i in range(len(x))]),
        naive=y.new_tensor([_first(likely[i].tolist(), right[i]) for i in range(len(x))]),
    )


def _first(order: Sequence[int], right: Sequence[int]) -> int:
    """Return the first class that is wrong; where all are right, the last."""
    return next((index for index in order if index not in right), order[-1])
