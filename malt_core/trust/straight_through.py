"""A step that has no gradient of its own, with one lent to it.

Backward pass differentiable approximation (Athalye, Carlini and Wagner, arXiv 1802.00420, section 4.1): the
forward pass computes the step itself, the backward pass another function that is much like it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig

Step = Callable[[Tensor], Tensor]


class _Instead(torch.autograd.Function):
    """The values of one tensor with the gradient of another."""

    @staticmethod
    def forward(_context: Any, values: Tensor, _stand_in: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> tuple[None, Tensor]:
        return None, gradient


class StraightThrough(nn.Module):
    """f forwards, a surrogate backwards; see `straight_through`."""

    def __init__(self, f: Step, surrogate: Step | None) -> None:
        super().__init__()
        self.f, self.surrogate = f, surrogate

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            values = self.f(x.detach().clone())  # f may overwrite what it is given
        if not isinstance(values, Tensor) or not values.is_floating_point():
            kind = values.dtype if isinstance(values, Tensor) else type(values).__name__
            raise BadConfig(
                f"The step within straight_through returned {kind}; expected a tensor of floats, like "
                "the one it was given."
            )
        values = values.detach().to(x.device)
        if not (torch.is_grad_enabled() and x.requires_grad):
            return values
        stand_in = x if self.surrogate is None else self.surrogate(x)
        if stand_in.shape != values.shape:
            name = "the identity" if self.surrogate is None else "the surrogate"
            raise BadConfig(
                f"The step within straight_through made {tuple(values.shape)} of {tuple(x.shape)}, and "
                f"{name} makes {tuple(stand_in.shape)}: give a surrogate that returns the step's own shape."
            )
        return with_gradient_of(stand_in.to(values.dtype), values)


def with_gradient_of(stand_in: Tensor, values: Tensor) -> Tensor:
    """Return the values of one tensor with the gradient of another of the same shape."""
    return _Instead.apply(values.detach(), stand_in)


def straight_through(f: Step, surrogate: Step | None = None) -> StraightThrough:
    """Return a module with the values of f and the gradient of surrogate, by default of the identity.

    f: from a tensor of floats to one, differentiable or not; it gets a copy, without a graph. surrogate: a
    differentiable function from the same input to the same shape, evaluated at the input of this very step,
    wherever in a chain it stands, and only where a gradient is asked for. A network with the module in place
    of f can be attacked by gradients; what it then withstands has withstood an approximation.

    Its forward raises BadConfig where f returns no tensor of floats, or where shapes differ.
    """
    return StraightThrough(f, surrogate)
