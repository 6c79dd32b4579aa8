"""What a network's answers say of it by themselves."""

from __future__ import annotations

import torch
from torch import Tensor

from malt_core.numerics.losses import SharedLogits
from malt_core.trust import flags
from malt_core.trust.flags import Flag

SUM = 1e-4  # rounding of a softmax over a thousand classes, in half precision too
CUT_OFF = 0.5  # share of an image's logits that are one and the same number


def rounding(z: Tensor) -> Tensor:
    """Return by how much float32 rounds logits z (B, K), (B,); by how much half precision, if they fit it."""
    kind = z.dtype
    for half in (torch.bfloat16, torch.float16):
        if torch.equal(z.to(half).to(z.dtype), z):
            kind = half
    return torch.finfo(kind).eps * z.abs().amax(1)


def probabilities(z: Tensor) -> list[Flag]:
    """Return a flag where the answers z (B, K) are probabilities, as after a softmax."""
    z = z[z.isfinite().all(1)]
    inside = len(z) > 0 and bool(((z >= 0) & (z <= 1)).all())
    return [flags.probabilities()] if inside and ((z.sum(1) - 1).abs() < SUM).all() else []


def cut_off(z: Tensor, images: list[int], shared: SharedLogits | None) -> list[Flag]:
    """Return a flag for those of the images whose logits, of z (B, K), are mostly one number.

    shared: as losses.shared_logits returns it; of classes that share a logit by design, one counts, unless
    hardly any would be left.
    """
    if shared is not None and len(shared.distinct) > 2:
        z = z[:, shared.distinct]
    alike = (z[images].mode(1).values[:, None] == z[images]).sum(1)
    those = [i for i, n in zip(images, alike.tolist(), strict=True) if n > CUT_OFF * z.shape[1]]
    return [flags.cut_off(those, int(alike.amax()), z.shape[1])] if z.shape[1] > 3 and those else []
