"""A model that counts what somebody else's attack sends through it."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from malt_core.numerics.gradients import Network, Passes


def _nothing() -> None:
    pass


class CountingModel(nn.Module):
    """The same function as `model`, with every image counted in `passes`, forwards and backwards.

    before_forward: called ahead of each forward pass; what it raises ends the attack. The gradients that
    come out are contiguous, since pyautoattack takes no others.
    """

    def __init__(self, model: Network, passes: Passes, before_forward: Callable[[], None] = _nothing) -> None:
        super().__init__()
        self.model, self.passes, self.before_forward = model, passes, before_forward

    def forward(self, x: Tensor) -> Tensor:
        self.before_forward()
        self.passes.forward += len(x)
        if x.requires_grad:
            x = x.view_as(x)
            x.register_hook(Tensor.contiguous)
        z = self.model(x)
        if z.requires_grad:
            z.register_hook(self._count_backward)
        return z

    def _count_backward(self, gradient: Tensor) -> None:
        self.passes.backward += len(gradient)
