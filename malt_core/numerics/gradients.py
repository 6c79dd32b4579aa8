"""Margins and their input gradients, and the count of what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig, NotFinite
from malt_core.numerics import losses
from malt_core.numerics.guard import evaluation_mode as evaluation_mode
from malt_core.numerics.modules import Network as Network


@dataclass
class Passes:
    """Images sent through the model forwards and backwards so far: a machine-independent cost."""

    forward: int = 0
    backward: int = 0


def placed(model: Network, x: Tensor) -> Tensor:
    """Return x on the model's device, in float64 if all the model's weights are, else in float32.

    A plain function gets x where it is, in float32. Raises BadConfig for weights that are still to be made.
    """
    if not isinstance(model, nn.Module):
        return x.float()
    if any(nn.parameter.is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        raise BadConfig("The model's weights are not initialised yet: call it once on such images.")
    tensors = [t for t in model.parameters() if t.is_floating_point()]
    tensors = tensors or [t for t in model.buffers() if t.is_floating_point()]
    if not tensors:
        return x.float()
    double = all(tensor.dtype == torch.float64 for tensor in tensors)
    return x.to(tensors[0].device, torch.float64 if double else torch.float32)


def match_memory_format(model: Network, x: Tensor) -> Tensor:
    """Return x in the memory layout that the model's convolutions work in; any other slows every step."""
    parameters = model.parameters() if isinstance(model, nn.Module) else ()
    kernels = (p for p in parameters if p.dim() == 4 and not p.is_contiguous())
    last = any(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)
    return x.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


def worth_a_pass(image: Tensor, most: int) -> int:
    """Return how many images of this size (..., H, W) a pass should have: `most` of up to 64 x 64 pixels.

    Larger ones fill a processor alone, and many of them together fall out of its caches: a forward pass of
    224 x 224 pixels takes twice as long an image in a batch of 32 as in one of 2.
    """
    return max(1, min(most, most * 64 * 64 // (image.shape[-2] * image.shape[-1])))


def check_logits(z: Tensor, batch: int) -> None:
    """Raise BadConfig unless z is (batch, K >= 2): what every attack here relies on."""
    if not isinstance(z, Tensor):
        raise BadConfig(
            f"The model returned {type(z).__name__} for {batch} images; expected logits of shape ({batch}, "
            f"classes). {_unwrapping(z)}"
        )
    if z.dim() != 2 or z.shape[0] != batch:
        raise BadConfig(
            f"The model returned {tuple(z.shape)} for {batch} images; expected logits of shape ({batch}, "
            "classes)."
        )
    if z.shape[1] < 2:
        raise BadConfig(
            "The model has one class only, so there is nothing else it could be fooled into. If its one "
            "output says yes or no, give both classes a logit: lambda x: torch.cat((torch.zeros_like(z := "
            "model(x)), z), 1), with z taken ahead of any sigmoid."
        )


def _unwrapping(output: object) -> str:
    """Return how to get at the logits within what a model returned."""
    if hasattr(output, "logits"):
        return "Give lambda x: model(x).logits instead."
    if isinstance(output, dict):
        key = "logits" if "logits" in output else next(iter(output), "logits")
        return f"Give lambda x: model(x)[{key!r}] instead."
    if isinstance(output, (tuple, list)):
        return "If they are its first entry, give lambda x: model(x)[0] instead."
    return "Give a function that returns them alone."


def check_finite(z: Tensor) -> None:
    """Raise NotFinite unless all logits (B, K) are finite numbers."""
    if not z.isfinite().all():
        raise NotFinite("The model returned logits that are not finite numbers; check its weights and input.")


def finite_rows(z: Tensor) -> Tensor:
    """Return whose logits (B, K) are finite numbers, (B,) bool."""
    return z.isfinite().all(1)


def forward(
    model: Network, x: Tensor, passes: Passes, *, bfloat16: bool = False, any_number: bool = False
) -> Tensor:
    """Return the model's logits, (B, K), in float32 (float64 if the model computes in that).

    Computed in bfloat16 only where asked, even if the caller has autocast on. any_number: let logits pass
    that are not finite. Raises as check_logits does, and else NotFinite.
    """
    passes.forward += len(x)
    with torch.autocast(x.device.type, torch.bfloat16, enabled=bfloat16):
        z = model(x)
    check_logits(z, len(x))
    if not any_number:
        check_finite(z)
    return z if z.dtype == torch.float64 else z.float()


@torch.no_grad()
def logits(model: Network, x: Tensor, passes: Passes, *, any_number: bool = False) -> Tensor:
    """Return the logits of `forward` in full precision, for a verdict: without a graph.

    They are a copy: a network may return the same tensor each time, as CUDA graphs do.
    """
    return forward(model, x, passes, any_number=any_number).detach().clone()


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
    gradient is in memory at a time; a network that torch.compile made for a single backward pass goes forward
    for each. Gradients may be zero or not finite; callers rank such classes last.
    """
    kept_graph = True
    leaf, sums = _margin_sums(model, x, y, candidates, passes, bfloat16)
    for j in range(len(sums)):
        if j and not kept_graph:
            leaf, sums = _margin_sums(model, x, y, candidates, passes, bfloat16)
        passes.backward += len(x)
        try:
            # The graph is freed with the last backward pass.
            gradient = input_gradient(sums[j], leaf, keep_graph=kept_graph and j + 1 < len(sums))
        except RuntimeError as error:
            if not kept_graph or "donated" not in str(error):
                raise
            kept_graph = False
            gradient = input_gradient(sums[j], leaf)
        yield gradient


def _margin_sums(
    model: Network, x: Tensor, y: Tensor, candidates: Tensor, passes: Passes, bfloat16: bool
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return a leaf like x, and for each column of candidates the sum of the margins there, with a graph."""
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        z = forward(model, leaf, passes, bfloat16=bfloat16, any_number=True)
        margins = z.gather(1, y[:, None]) - z.gather(1, candidates)
        return leaf, margins.sum(0).unbind()
