"""The same measurement on a deep network and an image: a step down the gradient of a margin, in L2.

There the data's subspace is not known. In its place stand the spatial frequencies that hold nearly all that
photographs vary by: they are a linear subspace, too, and real images lie close to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from scipy.fft import dctn
from torch import Tensor

from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator
from malt_core.theory.types import DEEP_T, DeepRecord, DeepStage

CANDIDATES = 10  # likeliest classes among which the nearest is the target
GRID, FARTHEST = 40, 4.0  # points at which the boundary is looked for, up to so many predicted distances
HALVINGS = 8
CHUNK = 8  # images of up to 64 x 64 pixels in a pass
HELD = 0.95


def frequencies_held(images: Tensor, held: float = HELD) -> np.ndarray:
    """Return the fewest spatial frequencies that hold this share of what the images vary by, (H, W) bool.

    images: (N, C, H, W) in [0, 1]. What an image varies by is its squared distance from its mean colour. The
    frequencies are those of the cosine transform, shared by colours; the mean colour (0, 0) is one of them.
    """
    energy = (_spectrum(images) ** 2).sum((0, 1))
    energy[0, 0] = 0
    order = energy.ravel().argsort()[::-1]
    count = int(np.searchsorted(energy.ravel()[order].cumsum(), held * energy.sum())) + 1
    inside = np.zeros(energy.size, bool)
    inside[order[:count]] = True
    inside[0] = True
    return inside.reshape(energy.shape)


def share_off(gradient: Tensor, inside: np.ndarray) -> float:
    """Return which share of the squared length of a gradient (C, H, W) lies off these frequencies."""
    energy = (_spectrum(gradient[None]) ** 2).sum((0, 1))
    return float(energy[~inside].sum() / energy.sum()) if energy.sum() else 0.0


def _spectrum(images: Tensor) -> np.ndarray:
    return dctn(images.detach().cpu().double().numpy(), axes=(2, 3), norm="ortho")


@torch.inference_mode(False)
def measure_deep(
    model: Network, x: Tensor, inside: np.ndarray, *, model_id: str, image: str, seed: int = 0
) -> Iterator[DeepStage | DeepRecord]:
    """Yield how far it is, then what a step from x does. Closing the iterator stops it.

    x: (C, H, W) in [0, 1]. inside: the frequencies that stand for the data's subspace, see frequencies_held.
    The margin is that of the network's own answer over the class, of the CANDIDATES likeliest others, whose
    boundary is nearest by the linear prediction. The way x(t) = clip(x - t g/||g||, 0, 1), where g is the
    gradient of that margin, is followed up to FARTHEST predicted distances. seed: of the random direction.
    """
    passes = Passes()
    x = gradients.placed(model, x)[None]
    with gradients.evaluation_mode(model):
        yield DeepStage(share=0.0, sentence="Ranking the nearest classes")
        y, target, g = _nearest(model, x, passes)
        m, _ = gradients.margin_and_gradient(model, x, y, target, passes)
        margin, slope = float(m), float(g.norm())
        yield DeepStage(share=0.3, sentence="Looking for the boundary")
        down = -g / slope if slope else torch.zeros_like(g)
        predicted = margin / slope if slope else None
        reached = None
        if predicted is not None:
            reached = _reached(model, x, down, y, target, predicted, passes)
        yield DeepStage(share=0.5, sentence="Following the gradient")
        noise = torch.randn(x.shape, generator=row_generator(seed, 0, int(target)), dtype=torch.float32)
        noise = (noise / noise.norm()).to(x)
        unit = reached if reached is not None else 0.0
        along = [_points(x, direction, [t * unit for t in DEEP_T]) for direction in (down, noise)]
        values, drift, cosine = _followed(model, along[0], y, target, g, passes)
        yield DeepStage(share=0.75, sentence="The same in a random direction")
        _, random_drift, _ = _followed(model, along[1], y, target, g, passes)
    yield DeepRecord(
        model=model_id,
        image=image,
        target=int(target),
        dimension=x.numel(),
        subspace=int(inside.sum()) * x.shape[1],
        length=float(x.norm()),
        margin=margin,
        predicted=predicted,
        reached=reached,
        off=share_off(g[0], inside),
        value=tuple(value / margin for value in values) if reached is not None else (),
        drift=drift if reached is not None else (),
        cosine=cosine if reached is not None else (),
        random_drift=random_drift if reached is not None else (),
    )


def _nearest(model: Network, x: Tensor, passes: Passes) -> tuple[Tensor, Tensor, Tensor]:
    """Return the network's answer (1,), the class that is nearest in L2 by the linear prediction (1,), and
    the gradient of the margin between them, in the shape of x.
    """
    z = gradients.logits(model, x, passes)
    order = z[0].argsort(descending=True)
    y, others = order[:1], order[1 : 1 + CANDIDATES][None]
    best = None
    found = gradients.margin_gradients(model, x, y, others, passes)
    for j, gradient in enumerate(found):
        slope = float(gradient.norm())
        distance = float(z[0, y] - z[0, others[:, j]]) / slope if slope > 0 else float("inf")
        if best is None or distance < best[0]:
            best = distance, others[:, j], gradient.nan_to_num(0.0, 0.0, 0.0)
    return y, best[1], best[2]


def _points(x: Tensor, direction: Tensor, lengths: Sequence[float]) -> Tensor:
    steps = x.new_tensor(lengths)[:, None, None, None]
    return (x + steps * direction).clamp(0.0, 1.0)


def _margins(model: Network, points: Tensor, y: Tensor, target: Tensor, passes: Passes) -> list[float]:
    size = gradients.worth_a_pass(points, CHUNK)
    found = []
    for part in points.split(size):
        z = gradients.logits(model, part, passes)
        found += (z[:, y.item()] - z[:, target.item()]).tolist()
    return found


def _reached(
    model: Network, x: Tensor, down: Tensor, y: Tensor, target: Tensor, predicted: float, passes: Passes
) -> float | None:
    """Return how far down the way the margin first reaches 0, None if it does not."""
    size = gradients.worth_a_pass(x[0], CHUNK)
    lengths = [predicted * FARTHEST * i / GRID for i in range(1, GRID + 1)]
    low = 0.0
    for start in range(0, GRID, size):
        part = lengths[start : start + size]
        for length, margin in zip(
            part, _margins(model, _points(x, down, part), y, target, passes), strict=True
        ):
            if margin <= 0:
                return _bisected(model, x, down, y, target, low, length, passes)
            low = length
    return None


def _bisected(
    model: Network,
    x: Tensor,
    down: Tensor,
    y: Tensor,
    target: Tensor,
    low: float,
    high: float,
    passes: Passes,
) -> float:
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        (margin,) = _margins(model, _points(x, down, [middle]), y, target, passes)
        low, high = (low, middle) if margin <= 0 else (middle, high)
    return high


def _followed(
    model: Network, points: Tensor, y: Tensor, target: Tensor, g: Tensor, passes: Passes
) -> tuple[list[float], tuple[float, ...], tuple[float, ...]]:
    """Return margin, drift and cosine of its gradient against g at the points (T, C, H, W)."""
    values, drift, cosine = [], [], []
    for part in points.split(gradients.worth_a_pass(points, CHUNK)):
        rows = len(part)
        m, there = gradients.margin_and_gradient(model, part, y.expand(rows), target.expand(rows), passes)
        values += m.flatten().tolist()
        flat, origin = there.flatten(1), g.flatten(1)
        drift += ((flat - origin).norm(dim=1) / origin.norm(dim=1)).tolist()
        cosine += torch.nn.functional.cosine_similarity(flat, origin).tolist()
    return values, tuple(drift), tuple(cosine)
