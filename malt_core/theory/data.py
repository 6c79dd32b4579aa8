"""Points on a linear subspace, in two classes, in the subspace's own coordinates.

The experiment turns its axes so that the first ones span the subspace. The initial weights are Gaussian and
look the same from everywhere, so nothing depends on that.
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from malt_core.errors import BadConfig
from malt_core.theory.types import TheoryConfig

NOISE = 1.0  # of a synthetic point, as a share of the distance of its cluster's centre from 0
NEW = 500  # points at most that are kept back


@dataclass(frozen=True)
class Points:
    """Points z (N, subspace) float64 of mean square length `dimension`, and their labels (N,), 1 or -1.

    The first ones are to train on; new_z, new_y are others of the same kind.
    """

    z: Tensor
    y: Tensor
    new_z: Tensor
    new_y: Tensor


def draw(config: TheoryConfig, source: torch.Generator) -> Points:
    """Return the points of the experiment. Digits are drawn without repetition."""
    n = config.points
    if config.data == "digits":
        z, y = _digits(config.subspace)
        order = torch.randperm(len(z), generator=source)[: n + NEW]
        z, y = z[order], y[order]
        z = z * math.sqrt(config.dimension / float(z.square().sum(1).mean()))
    else:
        z, y = _clusters(config, n + NEW, source)
    return Points(z[:n], y[:n], z[n:], y[n:])


def _clusters(config: TheoryConfig, n: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return points around four centres: those at both ends of one axis are 1, of another -1.

    No plane separates them. On a line there is but one axis: one end is 1, the other -1.
    """
    p = config.subspace
    axis = torch.randint(2, (n,), generator=source) if p > 1 else torch.zeros(n, dtype=torch.long)
    end = 2.0 * torch.randint(2, (n,), generator=source) - 1
    z = NOISE / math.sqrt(p) * torch.randn(n, p, generator=source, dtype=torch.float64)
    z[torch.arange(n), axis] += end
    z *= math.sqrt(config.dimension) / z.norm(dim=1, keepdim=True)
    # On a line, noise may carry a point to the other side of 0.
    return z, (1.0 - 2.0 * axis).double() if p > 1 else z[:, 0].sign()


@cache
def _digits(subspace: int) -> tuple[Tensor, Tensor]:
    """Return scikit-learn's 1,797 digits in their first principal components: even ones 1, odd ones -1."""
    spec = importlib.util.find_spec("sklearn")  # its data alone: importing it takes seconds
    if spec is None or spec.origin is None:
        raise BadConfig(
            "The digits come with scikit-learn, which is not installed: pip install scikit-learn."
        )
    table = np.loadtxt(Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    pixels, digit = torch.tensor(table[:, :-1], dtype=torch.float64) / 16, torch.tensor(table[:, -1])
    pixels -= pixels.mean(0)
    components = torch.linalg.svd(pixels, full_matrices=False)[2][:subspace]
    return pixels @ components.T, 1.0 - 2.0 * (digit % 2)
