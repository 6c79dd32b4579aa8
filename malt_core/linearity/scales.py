"""The margin at several scales: from a hundredth of the way to the ball's edge, to 30 times beyond it.

"Mesoscopic almost linearity" (arXiv 2407.02240) is a statement about the scale of an attack. From close
enough any network is straight (a ReLU network exactly so, inside one linear piece), from far enough none is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from malt_core.errors import BadConfig
from malt_core.linearity.scale_names import REACHES
from malt_core.linearity.types import Scale
from malt_core.linearity.units import Units
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.types import Norm

INTERVALS = 16  # a multiple of 4: second differences are taken over a quarter of the length
CHUNK = 32  # images of up to 64 x 64 pixels


def way(x0: Tensor, x_adv: Tensor, *, eps: float, norm: Norm) -> Tensor:
    """Return the direction from x0 to x_adv, (C, H, W) each, made eps long.

    Raises BadConfig if they are one."""
    change = x_adv - x0
    length = float(norms.size(change[None], norm))
    if length == 0:
        raise BadConfig("The adversarial image is the original, so there is no way between them to follow.")
    return change * (eps / length)


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def scales(
    model: Network,
    x0: Tensor,
    x_adv: Tensor,
    y: int,
    target: int,
    *,
    eps: float,
    norm: Norm = "linf",
    reaches: Sequence[float] = REACHES,
) -> Iterator[Scale]:
    """Yield the margin y - target on the way from x0 through x_adv, up to each of the reaches.

    x0, x_adv: (C, H, W) in [0, 1], where the model computes; they need not be eps apart. reaches: in eps,
    each over 0. Costs INTERVALS + 1 forward passes a reach, and a backward pass. The model is used as it
    is; see numerics.gradients.evaluation_mode. Raises BadConfig where x_adv is x0.
    """
    passes, direction = Passes(), way(x0, x_adv, eps=eps, norm=norm)
    label, aim = torch.tensor([[y], [target]], device=x0.device)
    m0, g0 = gradients.margin_and_gradient(model, x0[None], label, aim, passes)
    slope = float(norms.dual_size(g0, norm))
    unit = 1 / 255 if norm == "linf" else 1.0
    for reach in reaches:
        units = Units()
        s = torch.linspace(0.0, reach, INTERVALS + 1, dtype=torch.float64, device="cpu")
        logits, linear, clipped = [], [], 0.0
        for part in s.split(gradients.worth_a_pass(x0, CHUNK)):
            ahead = x0 + part.to(x0)[:, None, None, None] * direction
            x = ahead.clamp(0.0, 1.0)
            with units:
                logits.append(gradients.logits(model, x, passes))
            units.next_pass()
            linear.append(((x - x0) * g0).flatten(1).cpu().double().sum(1) + m0.cpu().double())
            clipped = float((ahead[-1] != x[-1]).float().mean())
        z = torch.cat(logits).cpu().double()
        true, line = z[:, y] - z[:, target], torch.cat(linear)
        foretold = float((line - line[0]).abs().max())
        curvature, rounding = _curvature(true, float(z.abs().max()), reach * eps / unit)
        yield Scale(
            reach=reach,
            s=tuple(s.tolist()),
            true=tuple(true.tolist()),
            linear=tuple(line.tolist()),
            deviation=float((true - line).abs().max()) / foretold if foretold > 0 else None,
            clipped=clipped,
            switches=units.count,
            curvature=curvature / slope / unit if slope > 0 else None,
            rounding=rounding / slope / unit if slope > 0 else None,
        )


def _curvature(true: Tensor, largest: float, length: float) -> tuple[float, float]:
    """Return the mean size of the second derivative of (S,) margins on so long a way, and what rounding
    alone could make it. largest: of the logits that the margins are differences of.
    """
    quarter = (len(true) - 1) // 4
    h = length / 4
    second = true[2 * quarter :] - 2 * true[quarter:-quarter] + true[: -2 * quarter]
    return float(second.abs().mean()) / h**2, 4 * torch.finfo(torch.float32).eps * largest / h**2
