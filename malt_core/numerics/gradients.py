"""Margins and their input gradients, and the count of what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig
from malt_core.numerics import losses

Network = nn.Module | Callable[[Tensor], Tensor]


@dataclass
class Passes:
    """Images sent through the model forwards and backwards so far: a machine-independent cost."""

    forward: int = 0
    backward: int = 0


@contextmanager
def evaluation_mode(model: Network) -> Iterator[None]:
    """Run a module as in deployment (dropout off, batch statistics fixed) and leave it as it was found."""
    training = [m for m in model.modules() if m.training] if isinstance(model, nn.Module) else []
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


def match_memory_format(model: Network, x: Tensor) -> Tensor:
    """Return x in the memory layout that the model's convolutions work in; any other slows every step."""
    parameters = model.parameters() if isinstance(model, nn.Module) else ()
    kernels = (p for p in parameters if p.dim() == 4 and not p.is_contiguous())
    last = any(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)
    return x.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


def check_logits(z: Tensor, batch: int) -> None:
    """Raise BadConfig unless z is (batch, K >= 2), finite: what every attack here relies on."""
    if not isinstance(z, Tensor) or z.dim() != 2 or z.shape[0] != batch:
        found = tuple(z.shape) if isinstance(z, Tensor) else type(z).__name__
        raise BadConfig(
            f"The model returned {found} for {batch} images; expected logits of shape ({batch}, classes)."
        )
    if z.shape[1] < 2:
        raise BadConfig("The model has one class only, so there is nothing else it could be fooled into.")
    if not z.isfinite().all():
        raise BadConfig("The model returned logits that are not finite numbers; check its weights and input.")


def forward(model: Network, x: Tensor, passes: Passes, *, bfloat16: bool = False) -> Tensor:
    """Return the model's logits, (B, K), in float32 (float64 if the model computes in that).

    Computed in bfloat16 only where asked, even if the caller has autocast on. Raises as check_logits does.
    """
    passes.forward += len(x)
    with torch.autocast(x.device.type, torch.bfloat16, enabled=bfloat16):
        z = model(x)
    check_logits(z, len(x))
    return z if z.dtype == torch.float64 else z.float()


@torch.no_grad()
def logits(model: Network, x: Tensor, passes: Passes) -> Tensor:
    """Return the logits of `forward` in full precision, for a verdict: without a graph."""
    return forward(model, x, passes).detach()  # no_grad alone leaves views of parameters in the graph


def input_gradient(value: Tensor, x: Tensor, *, keep_graph: bool = False) -> Tensor:
    """Return d value / dx in the shape of x; zeros where value does not depend on x (a constant model)."""
    if not value.requires_grad:
        return torch.zeros_like(x)
    with torch.autocast(x.device.type, enabled=False):
        (gradient,) = torch.autograd.grad(value, x, retain_graph=keep_graph, allow_unused=True)
    return torch.zeros_like(x) if gradient is None else gradient


def finite_or_zero(gradient: Tensor, x: Tensor) -> Tensor:
    """Return the gradient with 0 in place of NaN and infinity, which give no direction to go.

    It gets the memory layout of x, since arithmetic on two layouts is slow.
    """
    return torch.nan_to_num(gradient, 0.0, 0.0, 0.0, out=torch.empty_like(x))


def margin_and_gradient(
    model: Network, x: Tensor, y: Tensor, target: Tensor, passes: Passes
) -> tuple[Tensor, Tensor]:
    """Return m_target(x), (B,), and its usable input gradient, (B, C, H, W)."""
    passes.backward += len(x)
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        m = losses.margin_to(forward(model, leaf, passes), y, target)
        gradient = input_gradient(m.sum(), leaf)
    return m.detach(), finite_or_zero(gradient, x)


def margin_gradients(
    model: Network,
    x: Tensor,
    y: Tensor,
    candidates: Tensor,
    passes: Passes,
    *,
    bfloat16: bool = False,
) -> Iterator[Tensor]:
    """Yield grad m_i(x), (B, C, H, W), for i = candidates[:, 0], candidates[:, 1], ...

    x: (B, C, H, W); y: (B,); candidates: (B, c). One forward serves all c backward passes, and only one
    gradient is in memory at a time. Gradients may be zero or not finite; callers rank such classes last.
    """
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        z = forward(model, leaf, passes, bfloat16=bfloat16)
        margins = z.gather(1, y[:, None]) - z.gather(1, candidates)
        sums = margins.sum(0).unbind()
    for j, value in enumerate(sums, start=1):
        passes.backward += len(x)
        # The graph is freed with the last backward pass.
        yield input_gradient(value, leaf, keep_graph=j < len(sums))
