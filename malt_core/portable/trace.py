"""A network and its input gradient as one graph of plain operators, traced for one image at a time.

Exporters to ONNX know forward operators only. So the backward pass is traced, too, and what has no
counterpart in ONNX is written with what has: the gradient of a convolution in its input is a transposed
convolution, that of averaging spreads a value over the pixels that it was the mean of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig

_aten = torch.ops.aten


def logits_and_gradient(network: nn.Module) -> Any:
    """Return a function of image (1, C, H, W) and weights (1, K): logits (1, K), and the gradient of
    (logits * weights).sum() in the image, (1, C, H, W)."""

    def passes(image: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        leaf = image.detach().requires_grad_()
        with torch.enable_grad():
            logits = network(leaf)
            value = (logits * weights).sum()
        (gradient,) = torch.autograd.grad(value, leaf, allow_unused=True)
        return logits, torch.zeros_like(leaf) if gradient is None else gradient

    return passes


def traced(network: nn.Module, image: Tensor, classes: int) -> torch.fx.GraphModule:
    """Return the traced function of `logits_and_gradient`, with no backward operator left in it.

    network: frozen, in eval mode. image: (1, C, H, W), of the shape that all will have. Raises BadConfig,
    with what stood in the way, for a network that cannot be traced.
    """
    from torch._decomp import core_aten_decompositions, global_decomposition_table
    from torch.fx.experimental.proxy_tensor import make_fx

    known = global_decomposition_table["post_autograd"]
    table = {
        **core_aten_decompositions(),
        **{operator: how for operator, how in known.items() if "backward" in str(operator)},
        _aten.convolution_backward.default: _convolution_backward,
        _aten.avg_pool2d_backward.default: _average_backward,
        _aten.hardtanh_backward.default: _between_kinks,
        _aten.threshold_backward.default: _above_kink,
    }
    example = torch.ones(1, classes, dtype=image.dtype)
    try:
        graph = make_fx(logits_and_gradient(network), decomposition_table=table)(image, example)
    except Exception as error:  # whatever the tracing of somebody's network raises
        raise untraceable(_first_line(error)) from error
    left = sorted({str(node.target) for node in graph.graph.nodes if "backward" in str(node.target)})
    if left:
        raise untraceable(f"the gradient of {', '.join(left)} has no counterpart in ONNX")
    return graph


def untraceable(why: str) -> BadConfig:
    """Return the error for a network that cannot be written as a file."""
    return BadConfig(
        f"This network cannot be written as one file with its gradient: {why}. It must be made of operators "
        "on fixed shapes, without choices that depend on the image."
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")


def _convolution_backward(
    grad_out: Tensor,
    x: Tensor,
    weight: Tensor,
    bias_sizes: Sequence[int] | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    output_mask: Sequence[bool],
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Return the gradient in the input alone; weights and bias are frozen."""
    if output_mask[1] or output_mask[2]:
        raise NotImplementedError("a weight that still asks for its gradient")
    if transposed:
        raise NotImplementedError("the gradient of a transposed convolution has no counterpart in ONNX")
    spatial = x.shape[2:]
    n = len(spatial)
    stride, padding, dilation = (_each(values, n) for values in (stride, padding, dilation))
    around = [d * (k - 1) - p for d, k, p in zip(dilation, weight.shape[2:], padding, strict=True)]
    whole, single = groups == 1, groups == weight.shape[0] == x.shape[1]
    if set(stride) == {1} and min(around) >= 0 and (whole or single):
        # The same as a convolution with the kernel turned round, which ONNX Runtime computes faster.
        kernel = weight.transpose(0, 1) if whole else weight
        if any(k > 1 for k in weight.shape[2:]):
            kernel = kernel.flip([2 + i for i in range(n)])
        found = _aten.convolution(grad_out, kernel, None, stride, around, dilation, False, [0] * n, groups)
        return found, None, None
    more = [
        size - ((out - 1) * s - 2 * p + d * (k - 1) + 1)
        for size, out, s, p, d, k in zip(
            spatial, grad_out.shape[2:], stride, padding, dilation, weight.shape[2:], strict=True
        )
    ]
    found = _aten.convolution(grad_out, weight, None, stride, padding, dilation, True, more, groups)
    return found, None, None


def _average_backward(
    grad_out: Tensor,
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    """Return each value spread evenly over its window; windows must lie side by side and fill the image."""
    kernel = _each(kernel, 2)
    stride = _each(stride, 2) if stride else kernel
    fills = all(size == out * k for size, out, k in zip(x.shape[2:], grad_out.shape[2:], kernel, strict=True))
    if list(stride) != list(kernel) or any(padding) or not fills:
        raise NotImplementedError("the gradient of an average over windows that overlap or are cut off")
    spread = grad_out.repeat_interleave(kernel[0], 2).repeat_interleave(kernel[1], 3)
    return spread / (divisor or kernel[0] * kernel[1])


# A product is several times faster in ONNX Runtime than the choice between two values that torch makes.
def _between_kinks(grad_out: Tensor, x: Tensor, low: float, high: float) -> Tensor:
    return grad_out * ((x > low) & (x < high)).to(grad_out.dtype)


def _above_kink(grad_out: Tensor, x: Tensor, threshold: float) -> Tensor:
    return grad_out * (x > threshold).to(grad_out.dtype)


def _each(values: Sequence[int], n: int) -> list[int]:
    return list(values) * n if len(values) == 1 else list(values)
