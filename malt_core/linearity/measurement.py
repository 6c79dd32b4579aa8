"""How straight the margin falls on the way to the adversarial image: linear prediction against truth.

On x(t) = clip(x0 + t (x_adv - x0), 0, 1) the true margin is m(x(t)) = z_y - z_target, and its linear
prediction from the original is  m(x0) + <grad m(x0), x(t) - x0>  (arXiv 2407.02240, section 5, asks how
far the two agree at the scale of an attack: "mesoscopic almost linearity").
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from malt_core.errors import BadConfig, BadImage
from malt_core.linearity.types import LinearityReport
from malt_core.numerics import gradients, soundness
from malt_core.numerics.checks import check_class, check_image
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator

FINE = tuple(round(0.02 * i, 2) for i in range(76))  # 0 to 1.5
COARSE = tuple(round(0.05 * i, 2) for i in range(31))  # the same range, for large images
DRIFT_T = (0.01, 0.25, 0.5, 0.75, 1.0)
CHUNK = 32


def path(x0: Tensor, x_adv: Tensor, t: Sequence[float]) -> Tensor:
    """Return x(t), (T, C, H, W), for images x0 and x_adv of shape (C, H, W)."""
    steps = x0.new_tensor(t)[:, None, None, None]
    return (x0 + steps * (x_adv - x0)).clamp(0.0, 1.0)


def first_crossing(t: Sequence[float], margin: Sequence[float]) -> float | None:
    """Return the first t at which the margin reaches 0, linearly interpolated; None if it never does."""
    if margin[0] <= 0:
        return t[0]
    for (t0, m0), (t1, m1) in pairwise(zip(t, margin, strict=True)):
        if m1 <= 0:
            return t0 + (t1 - t0) * m0 / (m0 - m1)
    return None


def fit(true: Tensor, linear: Tensor) -> tuple[float, float]:
    """Return R² of the linear prediction and its largest deviation as a share of the margin's drop.

    true, linear: (T,) margins from the original, first, to the adversarial image, last. R² is
    1 - sum (true - linear)² / sum (true - mean)²: 1 is perfect, below 0 worse than a constant.
    """
    error = true - linear
    spread = ((true - true.mean()) ** 2).sum()
    r2 = float(1 - (error**2).sum() / spread) if spread > 0 else float(error.abs().max() == 0)
    drop = float(true[0] - true[-1])
    return r2, float(error.abs().max()) / drop if drop > 0 else float("inf")


def _change(gradient: Tensor, origin: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return relative change and cosine of every row of gradient (D, C, H, W) against origin (1, C, H, W)."""
    g, g0 = gradient.flatten(1), origin.flatten(1)
    change = (g - g0).norm(dim=1) / g0.norm(dim=1)
    cosine = torch.nn.functional.cosine_similarity(g, g0)
    return tuple(change.nan_to_num(0.0, posinf=torch.inf).tolist()), tuple(cosine.tolist())


def _drift(
    model: Network, x0: Tensor, points: Tensor, g0: Tensor, y: Tensor, target: Tensor, passes: Passes
) -> tuple[tuple[float, ...], ...]:
    """Return drift and cosine at points (D, C, H, W), then the same after random steps as long in L2."""
    d = len(points)
    lengths = (points - x0).flatten(1).norm(dim=1)
    source = row_generator(0, 0, int(target))
    noise = torch.randn((1, *x0.shape), generator=source, dtype=x0.dtype, device="cpu").to(x0.device)
    step = noise / noise.norm() * lengths[:, None, None, None]
    # Where a pixel would leave [0, 1] it goes the other way: cutting it off would make the step shorter.
    outside = (x0 + step < 0) | (x0 + step > 1)
    random = (x0 + torch.where(outside, -step, step)).clamp(0.0, 1.0)
    where = torch.cat((points, random))
    rows = len(where)
    _, g = gradients.margin_and_gradient(model, where, y.expand(rows), target.expand(rows), passes)
    return (*_change(g[:d], g0), *_change(g[d:], g0))


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def measure_linearity(
    model: Network,
    x0: Tensor,
    x_adv: Tensor,
    y: int,
    target: int,
    *,
    t: Sequence[float] = FINE,
) -> LinearityReport:
    """Compare the linear prediction of the margin y - target with the truth along x0 -> x_adv.

    model, x0, x_adv, y, target: as `malt` takes them, of one image (C, H, W) in [0, 1]; t: rising, from 0,
    containing 1. Costs T + 11 forward and 11 backward passes, and the trial of the network (soundness.py).
    Raises BadImage for what are no images, or where the shapes differ; BadConfig where t or the classes do
    not fit, and as soundness.try_out does.
    """
    shapes = [tuple(getattr(image, "shape", (0, 0, 0))) for image in (x0, x_adv)]
    if shapes[0] != shapes[1] or len(shapes[0]) != 3:
        raise BadImage(f"x0 and x_adv must be (C, H, W) of one shape, not {shapes[0]} and {shapes[1]}.")
    given, given_adv = check_image(x0, "x0"), check_image(x_adv, "x_adv")
    t = tuple(float(v) for v in t)
    if len(t) < 2 or t[0] != 0 or 1 not in t or any(b <= a for a, b in pairwise(t)):
        raise BadConfig("t must rise from 0 and contain 1, such as (0, 0.5, 1, 1.5).")
    x0, x_adv = (gradients.placed(model, image)[0].clone() for image in (given, given_adv))
    passes = Passes()
    points = path(x0, x_adv, t)
    with gradients.evaluation_mode(model):
        model = soundness.try_out(model, x0[None]).network
        z = torch.cat([gradients.logits(model, chunk, passes) for chunk in points.split(CHUNK)])
        k = z.shape[1]
        try:
            pair = check_class(y, k), check_class(target, k)
        except BadConfig:
            pair = (0, 0)
        if pair[0] == pair[1]:
            raise BadConfig(f"y and target must be two classes from 0 to {k - 1}, not {y} and {target}.")
        y, target = pair
        label, aim = torch.tensor([[y], [target]], device=x0.device)
        m0, g0 = gradients.margin_and_gradient(model, x0[None], label, aim, passes)
        drift, cosine, random_drift, random_cosine = _drift(
            model, x0, path(x0, x_adv, DRIFT_T), g0, label, aim, passes
        )
    true = (z[:, y] - z[:, target]).double()
    linear = (m0 + ((points - x0) * g0).flatten(1).double().sum(1)).double()
    inside = t.index(1) + 1
    r2, deviation = fit(true[:inside], linear[:inside])
    return LinearityReport(
        target=target,
        t=t,
        true_margin=tuple(true.tolist()),
        linear_margin=tuple(linear.tolist()),
        probabilities=z.softmax(1).float(),
        r2=r2,
        max_deviation=deviation,
        predicted_crossing=first_crossing(t, linear.tolist()),
        true_crossing=first_crossing(t, true.tolist()),
        drift_t=DRIFT_T,
        drift=drift,
        cosine=cosine,
        random_drift=random_drift,
        random_cosine=random_cosine,
    )
