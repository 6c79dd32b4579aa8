"""What a network says of final images, where it may refuse to say anything."""

from __future__ import annotations

import torch
from torch import Tensor

from malt_core.defence_run.types import Verdict
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes


@torch.no_grad()
def judge(network: Network, counted: Network, x: Tensor, y: Tensor) -> tuple[list[Verdict], list[bool]]:
    """Return what becomes of images x (B, C, H, W) with labels y (B,), and which have a wrong answer beneath.

    network: may have refuses(x), (B,) bool, for images that it gives no answer to, and abstains, True where
    that means that no class was certain enough, False (and by default) where it means that the image looks
    attacked. counted: the same network, whose passes are counted. A refused image may have any answer
    beneath.
    """
    with gradients.evaluation_mode(counted):
        z = gradients.logits(counted, x, Passes(), any_number=True)
        refuses = getattr(network, "refuses", None)
        silent = refuses(x).tolist() if refuses is not None else [False] * len(x)
    name: Verdict = "abstained" if getattr(network, "abstains", False) else "refused"
    finite, wrong = gradients.finite_rows(z).tolist(), (z.argmax(1) != y).tolist()
    said: list[Verdict] = [
        "invalid" if not finite[i] else name if silent[i] else "wrong" if wrong[i] else "right"
        for i in range(len(x))
    ]
    return said, wrong
