"""What a network says of final images, where it may refuse to say anything."""

from __future__ import annotations

import torch
from torch import Tensor

from malt_core.defence_run.types import Verdict
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust.refusals import abstains, verdict


@torch.no_grad()
def judge(network: Network, counted: Network, x: Tensor, y: Tensor) -> tuple[list[Verdict], list[bool]]:
    """Return what becomes of images x (B, C, H, W) with labels y (B,), and which have a wrong answer beneath.

    network: may refuse images, or abstain (trust/refusals.py). counted: the same network, whose passes are
    counted. A refused image may have any answer beneath.
    """
    with gradients.evaluation_mode(counted):
        z, refused = verdict(counted, x, Passes())
    name: Verdict = "abstained" if abstains(network) else "refused"
    finite, wrong = gradients.finite_rows(z).tolist(), (z.argmax(1) != y).tolist()
    said: list[Verdict] = [
        "invalid" if not finite[i] else name if silent else "wrong" if wrong[i] else "right"
        for i, silent in enumerate(refused.tolist())
    ]
    return said, wrong
