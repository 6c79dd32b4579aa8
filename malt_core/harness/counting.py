"""A model that counts what somebody else's attack sends through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from malt_core.numerics.gradients import Network, Passes
from malt_core.trust import soundness
from malt_core.trust.soundness import OwnInput, TriedOut


def _nothing() -> None:
    pass


class CountingModel(nn.Module):
    """The same function as `model`, with every image counted in `passes`, forwards and backwards.

    before_forward: called ahead of each forward pass; what it raises ends the attack. The gradients that
    come out are contiguous, since pyautoattack takes no others. dtype: what the model computes in, since
    pyautoattack knows float32 only; None for what it is given.
    """

    def __init__(
        self,
        model: Network,
        passes: Passes,
        before_forward: Callable[[], None] = _nothing,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.dtype = dtype
        self.model, self.passes, self.before_forward = model, passes, before_forward

    def forward(self, x: Tensor) -> Tensor:
        self.before_forward()
        self.passes.forward += len(x)
        if x.requires_grad:
            x = x.view_as(x)
            x.register_hook(Tensor.contiguous)
        fits = self.dtype in (None, x.dtype)
        z = self.model(x) if fits else self.model(x.to(self.dtype)).to(x.dtype)
        if z.requires_grad:
            z.register_hook(self._count_backward)
        return z

    def _count_backward(self, gradient: Tensor) -> None:
        self.passes.backward += len(gradient)


def try_out_uncounted(model: Network, x: Tensor) -> TriedOut:
    """Return soundness.try_out for a model that may count: the trial is no part of what an attack costs."""
    if not isinstance(model, CountingModel):
        return soundness.try_out(model, x)
    tried = soundness.try_out(model.model, x)
    return replace(tried, network=model if tried.network is model.model else OwnInput(model))
