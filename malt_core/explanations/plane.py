"""The decision plane: what a network says on a plane through an image, spanned by two perturbations.

Both are adversarial, since a random axis moves hardly anything: along it any boundary looks flat (the "church
windows" of Warde-Farley and Goodfellow, 2016, which cross an adversarial axis with a random one).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from malt_core.errors import BadConfig
from malt_core.explanations.box_cut import ball_cut
from malt_core.explanations.plane_types import Axis, Plane, PlaneAxes, PlaneGrid
from malt_core.images.pixels import png_bytes
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.types import Norm

REACH = 2.0  # half a side, in lengths of the first perturbation
LEVELS = (11, 21, 41)  # points a side, each level within the next
LEVELS_OF_LARGE = (8, 15, 29)
LARGE = 128 * 128  # pixels
CHUNK = 32  # images of up to 64 x 64 pixels
PARALLEL = 1e-3  # of its length that a direction must have of its own
FINEST = 0.25 / 255  # the least change that a picture of a perturbation tells


class ParallelDirections(BadConfig):
    """Two perturbations do not span a plane."""


def levels_for(image: Tensor) -> tuple[int, ...]:
    """Return the resolutions that are worth the wait for images of this size (..., H, W)."""
    return LEVELS_OF_LARGE if image.shape[-2] * image.shape[-1] > LARGE else LEVELS


def plane_axes(
    x0: Tensor,
    first: Tensor,
    second: Tensor,
    *,
    eps: float,
    norm: Norm,
    kind: Axis,
    way: Sequence[Tensor] = (),
) -> PlaneAxes:
    """Return the plane through x0 spanned by two perturbations of it, (3, H, W) each.

    eps, norm: of the ball to draw; way: images that the first attack visited. Raises ParallelDirections where
    one of the perturbations is zero, or both are one direction.
    """
    d1, d2 = _flat(first), _flat(second)
    length = float(np.linalg.norm(d1))
    if length == 0 or not d2.any():
        raise ParallelDirections("A plane needs two directions, and one of these perturbations is zero.")
    c = float(d1 @ d2) / length**2
    own = d2 - c * d1
    if float(np.linalg.norm(own)) <= PARALLEL * float(np.linalg.norm(d2)):
        raise ParallelDirections("A plane needs two directions, and these two perturbations are one.")
    k = length / float(np.linalg.norm(own))
    axis = k * own
    visited = [_flat(x - x0) for x in way]
    places = [(float(p @ d1) / length**2, float(p @ axis) / length**2) for p in visited]
    off = [np.linalg.norm(p - a * d1 - b * axis) for p, (a, b) in zip(visited, places, strict=True)]
    units = [_unit(d) for d in (first, second)]
    return PlaneAxes(
        second=kind,
        end=(c, 1 / k),
        c=c,
        k=k,
        length=length,
        ball=ball_cut(d1, axis, eps, norm),
        way=tuple(places),
        off=float(max(off, default=0.0)) / length,
        image=png_bytes(x0),
        first=_picture(first, units[0]),
        second_image=_picture(second, units[1]),
        unit_first=units[0],
        unit_second=units[1],
    )


def _flat(x: Tensor) -> np.ndarray:
    return x.detach().cpu().double().flatten().numpy()


def _unit(change: Tensor) -> float:
    """Return what a step of a byte stands for: no finer than can be seen, so that the file stays small."""
    return max(float(change.abs().max()) / 127, FINEST)


def _picture(change: Tensor, unit: float) -> bytes:
    steps = ((change.detach().cpu() / unit).round() + 128).to(torch.uint8)
    buffer = io.BytesIO()
    image = Image.fromarray(steps.permute(1, 2, 0).contiguous().numpy())
    image.save(buffer, "WEBP", lossless=True, exact=True)  # three quarters of a PNG's bytes, or fewer
    return buffer.getvalue()


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def decision_plane(
    model: Network,
    x0: Tensor,
    y: int,
    target: int,
    first: Tensor,
    second: Tensor,
    axes: PlaneAxes,
    *,
    levels: Sequence[int] | None = None,
    reach: float = REACH,
) -> Iterator[Plane | float]:
    """Yield the plane coarse, then finer; between, the share of all its points that are done, from 0 to 1.

    x0, first, second: as for plane_axes, where the model computes. y, target: of the margin. levels: points a
    side, each 2 n - 1 of the one before it, so that nothing is computed twice; by default levels_for. Costs a
    forward pass a point of the last level, and a backward pass. The model is used as it is; see
    numerics.gradients.evaluation_mode. Raises BadConfig for levels that do not fit.
    """
    levels = tuple(levels or levels_for(x0))
    if levels[0] < 2 or any(b != 2 * a - 1 for a, b in pairwise(levels)):
        raise BadConfig(f"levels must each be 2 n - 1 of the one before, such as 11, 21, 41, not {levels}.")
    passes = Passes()
    label, aim = torch.tensor([[y], [target]], device=x0.device)
    m0, g0 = gradients.margin_and_gradient(model, x0[None], label, aim, passes)
    right, up = first, axes.k * (second - axes.c * first)
    finest = levels[-1]
    at = torch.linspace(-reach, reach, finest, dtype=torch.float64, device="cpu")
    found = torch.full((4, finest, finest), torch.nan, dtype=torch.float64, device="cpu")
    for n in levels:
        stride = (finest - 1) // (n - 1)
        missing = [
            (row, column)
            for row in range(0, finest, stride)
            for column in range(0, finest, stride)
            if found[0, row, column].isnan()
        ]
        size = gradients.worth_a_pass(x0, CHUNK)
        for i in range(0, len(missing), size):
            rows, columns = torch.tensor(missing[i : i + size]).T
            a, b = (at[place].to(x0)[:, None, None, None] for place in (columns, rows))
            ahead = x0 + a * right + b * up
            x = ahead.clamp(0.0, 1.0)
            z = gradients.logits(model, x, passes)
            found[0, rows, columns] = z.argmax(1).cpu().double()
            found[1, rows, columns] = (z[:, y] - z[:, target]).cpu().double()
            found[2, rows, columns] = (m0 + ((x - x0) * g0).flatten(1).sum(1)).cpu().double()
            found[3, rows, columns] = (x != ahead).flatten(1).double().mean(1).cpu()
            yield float((~found[0].isnan()).double().mean())
        answers, margin, linear, clipped = (part.flatten().tolist() for part in found[:, ::stride, ::stride])
        yield Plane(
            axes=axes,
            grid=PlaneGrid(
                n=n,
                reach=reach,
                answers=tuple(map(int, answers)),
                margin=tuple(margin),
                linear=tuple(linear),
                clipped=tuple(clipped),
            ),
        )
