"""Whether attack steps should be computed in bfloat16: where it is faster and agrees on the images."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes

ROUNDS = 3  # passes of each kind, of which the fastest counts
IMAGES = 8  # in a pass, of up to 64 x 64 pixels: in larger batches bfloat16 gains more, so it is no flattery
WORTH = 1.25  # bfloat16 must be this many times faster to be chosen
AGREE = 0.85  # ... and give this share of the images the same class, which all but one of eight are

_chosen: WeakKeyDictionary[nn.Module, dict[tuple[int, ...], bool]] = WeakKeyDictionary()


def _clock(x: Tensor) -> float:
    """Return the time when all that was asked of x's device is done."""
    if x.is_cuda:
        torch.cuda.synchronize(x.device)
    return time.perf_counter()


def _seconds(model: Network, x: Tensor, bfloat16: bool) -> tuple[float, Tensor]:
    """Return the time of a forward and input-gradient pass, and the predicted classes."""
    started = _clock(x)
    leaf = x.detach().requires_grad_()
    with torch.enable_grad(), torch.autocast(x.device.type, torch.bfloat16, enabled=bfloat16):
        z = model(leaf)
    gradients.input_gradient(z.float().sum(), leaf)
    return _clock(x) - started, z.argmax(1)


def prefers_bfloat16(model: Network, x: Tensor, passes: Passes) -> bool:
    """Return whether to compute the steps of an attack on images like x (B, C, H, W) in bfloat16.

    Measured once for each module and image shape, then remembered, so that repeated attacks in one process
    take the same steps. Plain functions and float64 networks always use their own precision.
    """
    if not isinstance(model, nn.Module) or x.dtype != torch.float32:
        return False
    known = _chosen.setdefault(model, {})
    if x.shape[1:] not in known:
        x = gradients.match_memory_format(model, x[: max(2, gradients.worth_a_pass(x, IMAGES))])
        passes.forward += 2 * ROUNDS * len(x)
        passes.backward += 2 * ROUNDS * len(x)
        full = half = float("inf")
        try:
            for _ in range(ROUNDS):  # in turns, so that whatever else the machine does slows both
                seconds, classes = _seconds(model, x, bfloat16=False)
                full = min(full, seconds)
                seconds, half_classes = _seconds(model, x, bfloat16=True)
                half = min(half, seconds)
        except Exception:  # whatever the network raises in bfloat16, float32 works, as was tried out before
            known[x.shape[1:]] = False
        else:
            agree = float((classes == half_classes).double().mean())
            known[x.shape[1:]] = half * WORTH < full and agree >= AGREE
    return known[x.shape[1:]]
