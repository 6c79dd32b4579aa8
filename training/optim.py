"""Muon for the convolutions, AdamW for the rest, and an exponential moving average of the weights.

Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) replaces a momentum matrix by its nearest
orthogonal one. With it and with weight matrices of fixed norm, as in the author's CIFAR-10 speed run, the few
epochs that a CPU allows go further than with SGD.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from training.precision import fast_dtype


class Muon(torch.optim.Optimizer):
    """For convolution kernels (O, I, H, W), each seen as an O x IHW matrix that keeps the norm sqrt(O).

    threads: how many kernels are worked on at a time.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.85, threads: int = 1) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})
        self.pool = ThreadPoolExecutor(threads)

    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            largest_first = sorted(group["params"], key=Tensor.numel, reverse=True)
            list(self.pool.map(partial(self._update, group), largest_first))

    @torch.no_grad()
    def _update(self, group: dict[str, Any], p: Tensor) -> None:
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p)
        momentum = state["momentum"].mul_(group["momentum"]).add_(p.grad)
        update = p.grad.add(momentum, alpha=group["momentum"])  # Nesterov
        p.mul_(len(p) ** 0.5 / p.norm())
        p.add_(orthogonalise(update.flatten(1)).view_as(p), alpha=-group["lr"])


def orthogonalise(matrix: Tensor, steps: int = 3) -> Tensor:
    """The nearest matrix with singular values near 1, by a quintic Newton-Schulz iteration."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.to(fast_dtype(matrix.device))
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.T if tall else x).to(matrix.dtype)


def make_optimisers(
    net: nn.Module, lr: float, rest_lr: float, threads: int = 1
) -> list[torch.optim.Optimizer]:
    """Muon at `lr` for every convolution but the first, AdamW at `rest_lr` for the first, norms and head."""
    kernels = [p for p in net.parameters() if p.ndim == 4 and p.shape[1] > 3]
    chosen = {id(p) for p in kernels}
    rest = [p for p in net.parameters() if id(p) not in chosen]
    return [
        Muon(kernels, lr, threads=threads),
        torch.optim.AdamW(rest, rest_lr, betas=(0.9, 0.98), weight_decay=0.01),
    ]


def schedule(progress: float, warmup: float = 0.05) -> float:
    """Share of the peak learning rate at `progress` in [0, 1]: up linearly, then down linearly to zero."""
    return min(progress / warmup, (1 - progress) / (1 - warmup))


@torch.no_grad()
def update_average(average: nn.Module, net: nn.Module, decay: float) -> None:
    """Move `average` towards `net` by 1 - decay: weights and batch-norm statistics alike."""
    for a, b in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if a.is_floating_point():
            a.lerp_(b, 1 - decay)
        else:
            a.copy_(b)
