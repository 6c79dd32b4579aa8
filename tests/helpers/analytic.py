"""Models whose answers are known in closed form, a small smooth network, and images for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from malt_core.numerics.norms import size
from malt_core.types import Norm, Sample

SHAPE = (3, 8, 8)


def images(n: int, *, shape: Sequence[int] = SHAPE, seed: int = 0) -> Tensor:
    """n random 8-bit images, (n, *shape) float32, every value a multiple of 1/255."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, *shape), generator=generator).float() / 255


def grey(*, shape: Sequence[int] = SHAPE) -> Tensor:
    """One 8-bit mid-grey image, (1, *shape): far from the edges of [0, 1]."""
    return torch.full((1, *shape), 128 / 255)


def sample(x: Tensor, label: int | None = None) -> Sample:
    """An image (C, H, W) as the pages hand it over."""
    return Sample(x=x, name="test", digest="", label=label)


class Linear(nn.Module):
    """z = b + W (x - grey): at mid-grey the logits are b, and m_i falls by <W_y - W_i, .> exactly."""

    def __init__(self, n_classes: int, *, seed: int = 2) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        # Rows of very different length, so that the nearest class is not the most confident one.
        scale = 0.2 + 2 * torch.rand(n_classes, 1, generator=generator)
        self.weight = nn.Parameter(scale * torch.randn(n_classes, grey().numel(), generator=generator))
        self.bias = nn.Parameter(-0.4 * torch.arange(n_classes))
        self.bias.data[0] = 3.0

    def forward(self, x: Tensor) -> Tensor:
        return (x - grey().to(x)).flatten(1) @ self.weight.T + self.bias

    def distances(self, norm: Norm) -> list[float]:
        """Distance from grey to the boundary of each class but 0, one class at a time, in float64."""
        weight, bias = self.weight.detach().double(), self.bias.detach().double()
        dual = 1 if norm == "linf" else 2
        return [
            float((bias[0] - bias[i]) / (weight[0] - weight[i]).norm(p=dual)) for i in range(1, len(bias))
        ]


class Constant(nn.Module):
    """The same logits for every image: nothing can fool it, and every gradient is zero."""

    def __init__(self, logits: Sequence[float]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits.expand(len(x), -1)


class Quadratic(nn.Module):
    """Two classes, m(x) = c - a s - b s², with s the sum of x - grey."""

    def __init__(self, c: float, a: float, b: float) -> None:
        super().__init__()
        self.c, self.a, self.b = c, a, b

    def forward(self, x: Tensor) -> Tensor:
        s = (x - grey().to(x)).flatten(1).sum(1)
        margin = self.c - self.a * s - self.b * s**2
        return torch.stack((margin, torch.zeros_like(margin)), dim=1)


class InSteps(nn.Module):
    """A network that sees its input rounded to so many steps: it is fooled as before, without a gradient."""

    def __init__(self, network: nn.Module, steps: int = 8) -> None:
        super().__init__()
        self.network, self.steps = network, steps

    def forward(self, x: Tensor) -> Tensor:
        return self.network((x * self.steps).round() / self.steps)


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(_context, x: Tensor) -> Tensor:
        return torch.zeros_like(x)

    @staticmethod
    def backward(_context, gradient: Tensor) -> Tensor:
        return torch.where(gradient == 0, 0.0, torch.nan)


def spike(x: Tensor) -> Tensor:
    """Return 0 for each image, (B, 1), with a gradient of NaN, as of a square root at 0."""
    return _Spike.apply(x).flatten(1).sum(1, keepdim=True)


class Counted(nn.Module):
    """A network that counts the images sent through it forwards, and the gradients taken at its input."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.forwards = self.backwards = 0

    def _backward(self, gradient: Tensor) -> None:
        self.backwards += len(gradient)

    def forward(self, x: Tensor) -> Tensor:
        self.forwards += len(x)
        if x.requires_grad:
            x.register_hook(self._backward)
        return self.network(x)


class LiesToAttacks(nn.Module):
    """Looks fooled whenever a gradient is taken, as a defence might; judged alone it never is."""

    def forward(self, x: Tensor) -> Tensor:
        s = 1e-3 * x.flatten(1).sum(1)
        z = torch.stack((5 - s, s, 2 * s, 3 * s), dim=1)
        return z.flip(1) if x.requires_grad else z


def smooth_cnn(n_classes: int = 12, *, channels: int = 3, seed: int = 0) -> nn.Module:
    """A small smooth convolutional network for (B, channels, 8, 8), the same at every call."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Conv2d(channels, 8, 3, stride=2),
            nn.SiLU(),
            nn.Conv2d(8, 16, 3),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(16, n_classes),
        )
    # Without this the logits hardly depend on the image.
    with torch.no_grad():
        for layer in (network[0], network[2], network[5]):
            layer.weight *= 3
    return network


def classes(model: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The model's own verdict on x (B, C, H, W), outside of any code under test."""
    with torch.no_grad():
        return model(x).argmax(1)


def assert_inside(x: Tensor, x0: Tensor, norm: Norm, eps: float) -> None:
    """x lies in [0, 1] and in the eps-ball around x0, up to float32 rounding."""
    assert x.isfinite().all()
    assert x.min() >= 0
    assert x.max() <= 1
    assert float(size(x - x0, norm).max()) <= eps * (1 + 1e-5) + 2e-7
