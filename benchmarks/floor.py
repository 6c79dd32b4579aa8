"""The floor under an attack: what its forward and backward passes cost with nothing around them.

A processor's speed drifts with its neighbours and its temperature, so the floor is measured while the
attack runs: every now and then the clock of the attack stops, the pass it has just made is made again bare
(the same network, number of images, precision and memory layout), and the clock goes on. So both saw the
same machine.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

SHARE = 0.1  # of the attack's time that goes into measuring the floor


@dataclass(frozen=True)
class Kind:
    """What makes passes comparable, but for the number of images. module: id of the network called."""

    module: int
    dtype: torch.dtype
    bfloat16: bool
    channels_last: bool
    with_gradient: bool


def _ignore(with_gradient: bool) -> None:
    pass


class Meter:
    """Counts an attack's passes by kind and number of images, keeps its clock, and measures its floor.

    images: (N, C, H, W), what the bare passes are made of. tick: called ahead of each forward pass, told
    whether a gradient is to follow.
    """

    def __init__(self, images: Tensor, tick: Callable[[bool], None] = _ignore) -> None:
        self.images, self.tick = images, tick
        self.forwards: Counter[tuple[Kind, int]] = Counter()
        self.backwards: Counter[tuple[Kind, int]] = Counter()
        self.samples: dict[Kind, list[tuple[int, float, float]]] = {}  # images, forward and backward seconds
        self._seen: dict[Kind, tuple[nn.Module, int]] = {}  # the latest of each kind
        self._last: Kind | None = None
        self._started = self._paused = self._due = 0.0
        self._sampling = False

    def __deepcopy__(self, memo: dict[int, object]) -> Meter:
        return self  # an attack may work on a copy of the network; its passes count all the same

    def start(self) -> None:
        """Set the clock to zero and go."""
        self._started, self._paused, self._sampling = time.perf_counter(), 0.0, True

    def seconds(self) -> float:
        """Return the attack's own time so far."""
        return time.perf_counter() - self._started - self._paused

    def stop(self) -> float:
        """Return the attack's own time, and measure what kinds of passes were not measured yet."""
        seconds = self.seconds()
        for kind in self._seen.keys() - self.samples.keys():
            self._sample(kind)
        self._sampling = False
        return seconds

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Let the clock run without stopping it, for work that measures time itself."""
        sampling, self._sampling = self._sampling, False
        try:
            yield
        finally:
            self._sampling = sampling

    def before(self, model: nn.Module, kind: Kind, rows: int) -> None:
        """Take note of a forward pass of `rows` images that is about to be made."""
        if self._sampling and self._last is not None:
            unknown = self._last not in self.samples
            if unknown or self.seconds() >= self._due:
                self._sample(self._last)
        self._last, self._seen[kind] = kind, (model, rows)
        self.forwards[kind, rows] += 1
        self.tick(kind.with_gradient)

    def _sample(self, kind: Kind) -> None:
        started, (model, rows) = time.perf_counter(), self._seen[kind]
        x = self.images[torch.arange(rows) % len(self.images)].to(kind.dtype)
        if kind.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        self.samples.setdefault(kind, []).append((rows, *bare_pass(model, x, kind)))
        spent = time.perf_counter() - started
        self._paused += spent
        self._due = self.seconds() + spent / SHARE

    def _cost(self, kind: Kind, rows: int) -> tuple[float, float]:
        """Return seconds of a bare forward and backward pass; between measured numbers of images a line."""
        measured = np.array(self.samples[kind])
        sizes = np.unique(measured[:, 0])
        forward, backward = (
            float(np.interp(rows, sizes, [measured[measured[:, 0] == size, column].mean() for size in sizes]))
            for column in (1, 2)
        )
        outside = rows / float(np.clip(rows, sizes[0], sizes[-1]))  # further out in proportion
        return forward * outside, backward * outside

    def floor(self) -> float:
        """Return the seconds that the counted passes take bare."""
        total = 0.0
        for (kind, rows), n in self.forwards.items():
            forward, backward = self._cost(kind, rows)
            total += n * forward + self.backwards[kind, rows] * backward
        return total


def bare_pass(model: nn.Module, x: Tensor, kind: Kind) -> tuple[float, float]:
    """Return seconds of one forward pass, and of the gradient at its input (0 where the kind takes none)."""
    leaf = x.requires_grad_(kind.with_gradient)
    started = time.perf_counter()
    with (
        torch.set_grad_enabled(kind.with_gradient),
        torch.autocast(x.device.type, torch.bfloat16, enabled=kind.bfloat16),
    ):
        z = model(leaf)
    forward = time.perf_counter()
    if not kind.with_gradient:
        return forward - started, 0.0
    torch.autograd.grad(z, leaf, torch.ones_like(z))
    return forward - started, time.perf_counter() - forward


class Metered(nn.Module):
    """The same function as `model`, watched by a meter."""

    def __init__(self, model: nn.Module, meter: Meter) -> None:
        super().__init__()
        self.model, self.meter = model, meter

    def forward(self, x: Tensor) -> Tensor:
        kind = Kind(
            module=id(self.model),
            dtype=x.dtype,
            bfloat16=torch.is_autocast_enabled(x.device.type),
            channels_last=x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last),
            with_gradient=torch.is_grad_enabled() and x.requires_grad,
        )
        self.meter.before(self.model, kind, len(x))
        z = self.model(x)
        if kind.with_gradient and z.requires_grad:
            z.register_hook(lambda gradient: self._count_backward(kind, len(gradient)))
        return z

    def _count_backward(self, kind: Kind, rows: int) -> None:
        self.meter.backwards[kind, rows] += 1
