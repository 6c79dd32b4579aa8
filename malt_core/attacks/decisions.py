"""What attacks share that only hear whether an image fools the network: a start, and the way to the boundary.

Each is a generator of images. `Decide` is all that it can ask, and the caller counts what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from malt_core.numerics import norms
from malt_core.types import Norm

Decide = Callable[[Tensor], Tensor]
"""From images (R, C, H, W) in [0, 1] to whether each fools the network, (R,) bool. May raise Spent."""
Nearer = Iterator[Tensor | None]
"""What an attack yields: an image (1, C, H, W) that fools, nearer than all before; None after other queries.
"""


class Spent(Exception):
    """The budget of queries is used up; raised by a Decide, it ends an attack."""


GRAINS = (1, 4, 16)  # of noise: fine noise fools few robust networks, coarse noise more
TRIES = 60  # images of noise that are tried as a start


def far_start(
    decide: Decide, x0: Tensor, generator: torch.Generator
) -> Generator[Tensor | None, None, Tensor | None]:
    """Look for an image that fools, however far from x0 (1, C, H, W), and return it: None if none was found.

    Images of uniform noise, of ever coarser grain in turn, are asked about one by one.
    """
    channels, height, width = x0.shape[1:]
    for i in range(TRIES):
        grain = GRAINS[i % len(GRAINS)]
        shape = (1, channels, -(-height // grain), -(-width // grain))
        noise = torch.rand(shape, generator=generator, dtype=torch.float32)
        noise = F.interpolate(noise, size=(height, width), mode="nearest").to(x0)
        if bool(decide(noise)):
            yield noise
            return noise
        yield None
    return None


def between(x0: Tensor, far: Tensor, share: float, norm: Norm) -> Tensor:
    """Return the image at this share of the way from x0 to far, (1, C, H, W) each.

    l2: on the line between them. linf: far brought into the ball of that share of its distance.
    """
    if norm == "l2":
        return x0 + share * (far - x0)
    radius = share * float(norms.size(far - x0, norm))
    return torch.minimum(torch.maximum(far, x0 - radius), x0 + radius)


def to_boundary(
    decide: Decide, x0: Tensor, far: Tensor, norm: Norm, tolerance: float, low: float = 0.0
) -> Generator[None, None, Tensor]:
    """Return an image on the way from x0 to far, which fools, that still fools: nearly as near as possible.

    tolerance: how close to the boundary, as a share of the way. low: a share that is taken for too near.
    Images are asked about one by one, since the answer to one may be rounded otherwise in company.
    """
    high, best = 1.0, far
    while high - low > tolerance:
        middle = (low + high) / 2
        image = between(x0, far, middle, norm)
        if bool(decide(image)):
            high, best = middle, image
        else:
            low = middle
        yield None
    return best
