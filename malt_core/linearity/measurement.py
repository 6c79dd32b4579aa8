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
from malt_core.linearity import drift
from malt_core.linearity.crossing import first_crossing
from malt_core.linearity.types import LinearityReport
from malt_core.numerics import gradients
from malt_core.numerics.checks import check_class, check_image
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator
from malt_core.trust import soundness

FINE = tuple(round(0.02 * i, 2) for i in range(76))  # 0 to 1.5
COARSE = tuple(round(0.05 * i, 2) for i in range(31))  # the same range, for large images
LARGE = 128 * 128  # pixels above which the way is sampled more coarsely, to keep the wait short
PLENTY = {FINE: 40, COARSE: 24}  # points wanted up to twice the crossing
ROUNDS = 3  # in which points are added there: the first crossing is a guess where points are far apart
DRIFT_T = (0.01, 0.25, 0.5, 0.75, 1.0)
CHUNK = 32  # images of up to 64 x 64 pixels


def path(x0: Tensor, x_adv: Tensor, t: Sequence[float]) -> Tensor:
    """Return x(t), (T, C, H, W), for images x0 and x_adv of shape (C, H, W)."""
    steps = x0.new_tensor(t)[:, None, None, None]
    return (x0 + steps * (x_adv - x0)).clamp(0.0, 1.0)


def fit(t: Tensor, true: Tensor, linear: Tensor) -> tuple[float, float]:
    """Return R² of the linear prediction and its largest deviation as a share of the margin's drop.

    t: (T,) rising; true, linear: (T,) margins there. R² is 1 - ∫(true - linear)² / ∫(true - mean)², by the
    trapezoid rule, so that it does not depend on where points lie close together: 1 is perfect, below 0 worse
    than a constant.
    """
    error = true - linear
    mean = torch.trapezoid(true, t) / (t[-1] - t[0])
    spread = torch.trapezoid((true - mean) ** 2, t)
    r2 = float(1 - torch.trapezoid(error**2, t) / spread) if spread > 0 else float(error.abs().max() == 0)
    drop = float(true[0] - true[-1])
    return r2, float(error.abs().max()) / drop if drop > 0 else float("inf")


def _fit_until(end: float, t: Tensor, true: Tensor, linear: Tensor) -> tuple[float, float]:
    """Return the fit on 0 <= t <= end, between two points by straight lines."""
    before = t < end
    upto = torch.cat((t[before], t.new_tensor([end])))
    cut = [torch.cat((m[before], _between(end, t, m))) for m in (true, linear)]
    return fit(upto, *cut)


def _between(end: float, t: Tensor, margin: Tensor) -> Tensor:
    i = int((t < end).sum())
    share = (end - t[i - 1]) / (t[i] - t[i - 1])
    return (margin[i - 1] + share * (margin[i] - margin[i - 1]))[None]


def _missing(t: Sequence[float], margin: Sequence[float], plenty: int) -> tuple[float, ...]:
    """Return the points that are missing for a close look at the first crossing: none if there is plenty."""
    crossing = first_crossing(t, margin)
    if not crossing or sum(v <= 2 * crossing for v in t) > plenty:
        return ()
    wanted = {round(2 * crossing * i / plenty, 6) for i in range(1, plenty + 1)}
    return tuple(sorted(v for v in wanted if v < t[-1] and v not in t))


def _drift(
    model: Network, x0: Tensor, points: Tensor, g0: Tensor, y: Tensor, target: Tensor, passes: Passes
) -> tuple[tuple[float, ...], ...]:
    """Return drift and cosine at points (D, C, H, W), then the same after random steps as long in L2."""
    d = len(points)
    direction = drift.random_direction(x0, row_generator(0, 0, int(target)))
    random = drift.random_points(x0, direction, (points - x0).flatten(1).norm(dim=1))
    where = torch.cat((points, random))
    rows = len(where)
    _, g = gradients.margin_and_gradient(model, where, y.expand(rows), target.expand(rows), passes)
    return (*drift.change(g[:d], g0), *drift.change(g[d:], g0))


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def measure_linearity(
    model: Network,
    x0: Tensor,
    x_adv: Tensor,
    y: int,
    target: int,
    *,
    t: Sequence[float] | None = None,
) -> LinearityReport:
    """Compare the linear prediction of the margin y - target with the truth along x0 -> x_adv.

    model, x0, x_adv, y, target: as `malt` takes them, of one image (C, H, W) in [0, 1]. t: rising, from 0,
    containing 1; by default evenly from 0 to 1.5, with more points up to twice the true crossing where that
    comes early. Costs T + 11 forward and 11 backward passes, and the trial of the network (soundness.py).
    Raises BadImage for what are no images, or where the shapes differ; BadConfig where t or the classes do
    not fit, and as soundness.try_out does.
    """
    shapes = [tuple(getattr(image, "shape", (0, 0, 0))) for image in (x0, x_adv)]
    if shapes[0] != shapes[1] or len(shapes[0]) != 3:
        raise BadImage(f"x0 and x_adv must be (C, H, W) of one shape, not {shapes[0]} and {shapes[1]}.")
    given, given_adv = check_image(x0, "x0"), check_image(x_adv, "x_adv")
    plenty = 0
    if t is None:
        t = COARSE if x0.shape[1] * x0.shape[2] > LARGE else FINE
        plenty = PLENTY[t]
    t = tuple(float(v) for v in t)
    if len(t) < 2 or t[0] != 0 or 1 not in t or any(b <= a for a, b in pairwise(t)):
        raise BadConfig("t must rise from 0 and contain 1, such as (0, 0.5, 1, 1.5).")
    x0, x_adv = (gradients.placed(model, image)[0].clone() for image in (given, given_adv))
    passes = Passes()
    with gradients.evaluation_mode(model):
        model = soundness.try_out(model, x0[None]).network
        z = _logits(model, x0, x_adv, t, passes)
        y, target = _two_classes(y, target, z.shape[1])
        for _ in range(ROUNDS if plenty else 0):
            more = _missing(t, (z[:, y] - z[:, target]).tolist(), plenty)
            if not more:
                break
            z = torch.cat((z, _logits(model, x0, x_adv, more, passes)))
            order = sorted(range(len(z)), key=(t + more).__getitem__)
            t, z = tuple(sorted(t + more)), z[order]
        label, aim = torch.tensor([[y], [target]], device=x0.device)
        m0, g0 = gradients.margin_and_gradient(model, x0[None], label, aim, passes)
        drifts, cosine, random_drift, random_cosine = _drift(
            model, x0, path(x0, x_adv, DRIFT_T), g0, label, aim, passes
        )
    places = torch.tensor(t, dtype=torch.float64, device="cpu")
    true = (z[:, y] - z[:, target]).cpu().double()
    linear = torch.cat([_line(path(x0, x_adv, part), x0, m0, g0) for part in _chunks(t, x0)]).cpu()
    crossing = first_crossing(t, true.tolist())
    r2, deviation = _fit_until(1.0, places, true, linear)
    near = _fit_until(crossing, places, true, linear) if crossing and crossing <= 1 else (r2, deviation)
    return LinearityReport(
        target=target,
        t=t,
        true_margin=tuple(true.tolist()),
        linear_margin=tuple(linear.tolist()),
        probabilities=z.softmax(1).float(),
        r2_to_crossing=near[0],
        max_deviation_to_crossing=near[1],
        r2=r2,
        max_deviation=deviation,
        predicted_crossing=first_crossing(t, linear.tolist()),
        true_crossing=crossing,
        drift_t=DRIFT_T,
        drift=drifts,
        cosine=cosine,
        random_drift=random_drift,
        random_cosine=random_cosine,
    )


def _chunks(t: Sequence[float], x0: Tensor) -> list[Sequence[float]]:
    size = gradients.worth_a_pass(x0, CHUNK)
    return [t[i : i + size] for i in range(0, len(t), size)]


def _logits(model: Network, x0: Tensor, x_adv: Tensor, t: Sequence[float], passes: Passes) -> Tensor:
    """Return the logits (T, K) at every x(t)."""
    return torch.cat([gradients.logits(model, path(x0, x_adv, part), passes) for part in _chunks(t, x0)])


def _line(points: Tensor, x0: Tensor, m0: Tensor, g0: Tensor) -> Tensor:
    """Return the linear prediction at points (T, C, H, W), (T,) float64."""
    change = ((points - x0) * g0).flatten(1).cpu().double()  # Apple's graphics have no float64
    return m0.cpu().double() + change.sum(1)


def _two_classes(y: int, target: int, k: int) -> tuple[int, int]:
    try:
        pair = check_class(y, k), check_class(target, k)
    except BadConfig:
        pair = (0, 0)
    if pair[0] == pair[1]:
        raise BadConfig(f"y and target must be two classes from 0 to {k - 1}, not {y} and {target}.")
    return pair
