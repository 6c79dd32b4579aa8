"""The nearest classes of one image exactly, the others at least, with few whole gradients.

Most of a backward pass is spent in a network's first layers, where there are most activations. How long a
margin's gradient is further on, where few are left to come, foretells how long it is at the image: the ratio
hardly differs from class to class (by 2 to 3% on EfficientNet-Lite0, while the lengths differ by 7 to 13%).
So each class gets a short backward pass, to that layer, and a whole one only where it may be among the
nearest, by as much as the ratio has been seen to differ. (Random forward-mode products, which know nothing of
the classes, would take hundreds for that accuracy. benchmarks/pruned_ranking.py compares with all gradients.)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from malt_core.attacks.malt import targeting
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.modules import modules_within
from malt_core.types import Norm

SHORT = (0.1, 0.2)  # what share of the activations may lie behind the layer that short passes go to
FIRST = 3  # so many more classes than asked for get whole gradients at first, to know the ratio
SURE = 3.0  # standard deviations of the ratio that a class may be nearer than it is foretold


@dataclass
class Rows:
    """What is known of c candidate classes of one image: (c,) each, by candidate.

    size: dual norm of the margin's gradient where `exact`, what it is at most elsewhere. gradient: (C, H, W)
    of those that are exact.
    """

    size: Tensor
    exact: Tensor
    gradient: dict[int, Tensor]


class ShortPasses:
    """One forward pass of copies (R, C, H, W) of an image, and backward passes from its margins.

    Short ones count as whole ones.
    layer: where short passes end, or None where there is no such place, as in a network of one layer.
    """

    def __init__(self, model: Network, copies: Tensor, passes: Passes) -> None:
        self.passes = passes
        self.leaf = gradients.match_memory_format(model, copies).detach().requires_grad_()
        outputs: list[Tensor] = []
        with torch.enable_grad(), _watching(model, outputs):
            self.z = gradients.forward(model, self.leaf, passes, any_number=True)
        self.layer = _layer(outputs)

    def gradients(self, y: int, classes: Tensor, *, short: bool) -> Tensor:
        """Return the gradients of the margins of class y to some classes (n <= R,), one for each copy."""
        self.passes.backward += len(self.z)
        rows = torch.arange(len(classes), device=self.z.device)
        value = (self.z[rows, y] - self.z[rows, classes]).sum()
        end = self.layer if short else self.leaf
        with torch.autocast(self.leaf.device.type, enabled=False):
            (gradient,) = torch.autograd.grad(value, end, retain_graph=True, allow_unused=True)
        gradient = torch.zeros_like(end) if gradient is None else gradient
        return gradient[: len(classes)]


def can_be_pruned(model: Network) -> bool:
    """Return whether a network's layers can be watched at all: not where it was compiled."""
    return not any(
        hasattr(module, "_orig_mod") or isinstance(module, torch.jit.ScriptModule)
        for module in modules_within(model)
    )


@contextmanager
def _watching(model: Network, outputs: list[Tensor]) -> Iterator[None]:
    """Put what the layers return in this thread into `outputs`, in their order, each once."""
    here = threading.get_ident()

    def note(_module: nn.Module, _inputs: object, output: object) -> None:
        if threading.get_ident() != here or not isinstance(output, Tensor) or not output.requires_grad:
            return
        if output.dim() > 2 and all(output is not other for other in outputs[-8:]):
            outputs.append(output)

    hooks = [module.register_forward_hook(note) for module in modules_within(model)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _layer(outputs: Sequence[Tensor]) -> Tensor | None:
    """Return the narrowest place behind which a SHORT share of all activations lies, of equals the first."""
    total, ahead, found = sum(output.numel() for output in outputs), 0, None
    for output in outputs:
        ahead += output.numel()
        if SHORT[0] <= 1 - ahead / total <= SHORT[1] and (found is None or output.numel() < found.numel()):
            found = output
    return found


def nearest_rows(
    net: ShortPasses,
    y: int,
    candidates: Tensor,
    margin: Tensor,
    norm: Norm,
    *,
    n: int,
    aim: int | None = None,
) -> Iterator[int | Rows]:
    """Yield how many candidates (c,) are known well enough so far, again and again, and last the Rows.

    The n with the smallest predicted distances are exact in the end, and so is the class `aim`. Of the others
    those that are not are farther, and their sizes what they would be as far off as the last of the n.
    margin: (c,), to the candidates. net: must have a layer.
    """
    width, total = len(net.z), len(candidates)
    foretold = torch.empty_like(margin)
    for places in torch.arange(total, device=margin.device).split(width):
        foretold[places] = norms.dual_size(net.gradients(y, candidates[places], short=True), norm)
        yield 0
    rows = Rows(torch.full_like(margin, torch.inf), torch.zeros_like(margin, dtype=torch.bool), {})
    unknown = ~(foretold.isfinite() & (foretold > 0))
    wanted = (unknown | (candidates == (-1 if aim is None else aim))).nonzero()[:, 0]
    nearest = (margin / foretold.where(~unknown, torch.inf)).argsort()
    queue = torch.cat((wanted, nearest[~torch.isin(nearest, wanted)][: n + FIRST]))
    while len(queue):
        for places in queue.split(width):
            _measure(net, y, candidates, places, norm, rows)
            yield int(rows.exact.sum())
        last = _last(margin, rows, n)
        queue = _still_possible(margin, rows, foretold, last)[:width]
    rows.size = torch.where(rows.exact, rows.size, margin / last)
    yield total
    yield rows


def _measure(net: ShortPasses, y: int, candidates: Tensor, places: Tensor, norm: Norm, rows: Rows) -> None:
    found = net.gradients(y, candidates[places], short=False)
    rows.size[places] = norms.dual_size(found, norm)
    rows.exact[places] = True
    rows.gradient |= dict(zip(candidates[places].tolist(), found, strict=True))


def _last(margin: Tensor, rows: Rows, n: int) -> Tensor:
    """Return the predicted distance, (), of the last of the n nearest that are known exactly."""
    distance = targeting.scores(margin, rows.size)[rows.exact]
    return distance.sort().values[min(n, len(distance)) - 1]


def _still_possible(margin: Tensor, rows: Rows, foretold: Tensor, last: Tensor) -> Tensor:
    """Return which candidates may be nearer than `last`, the likeliest first."""
    usable = rows.exact & rows.size.isfinite() & (rows.size > 0) & foretold.isfinite() & (foretold > 0)
    if int(usable.sum()) < 2:
        return (~rows.exact).nonzero()[:, 0]
    ratio = (rows.size[usable] / foretold[usable]).log()
    spread = SURE * float(ratio.std()) * (1 + 1 / len(ratio)) ** 0.5
    distance = margin / (foretold * torch.exp(ratio.mean() + spread))
    possible = (~rows.exact & ~(distance > last)).nonzero()[:, 0]
    return possible[distance[possible].argsort()]
