"""What a measurement of linearity says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class LinearityReport:
    """Linear prediction against truth on x(t) = clip(x0 + t (x_adv - x0), 0, 1); see measurement.py.

    target: the class whose margin is followed. t: T values from 0 to past 1.
    true_margin, linear_margin: m(x(t)) and m(x0) + <grad m(x0), x(t) - x0>, in logits, T values each.
    probabilities: (T, K) float32, the model's softmax at every x(t).
    r2_to_crossing: coefficient of determination of the linear prediction from the original to the true
        crossing (1 is perfect, below 0 worse than a constant). max_deviation_to_crossing: largest
        |true - linear| there, as a share of the true margin's drop, which is all of m(0). Where the margin
        does not cross zero on 0 < t <= 1, both are those of the whole way.
    r2, max_deviation: the same on 0 <= t <= 1, the drop being m(0) - m(1).
        Deviations are inf where the margin does not drop.
    predicted_crossing, true_crossing: first t with margin 0 (linearly interpolated), None if none within t.
    drift_t: D values of t; drift: ||grad m(x(t)) - grad m(x0)|| / ||grad m(x0)|| (L2) there; cosine: of the
        two gradients; random_drift, random_cosine: the same after random steps of the same
        length. drift is inf where the gradient at x0 is zero but not further on.
    """

    target: int
    t: tuple[float, ...]
    true_margin: tuple[float, ...]
    linear_margin: tuple[float, ...]
    probabilities: torch.Tensor
    r2_to_crossing: float
    max_deviation_to_crossing: float
    r2: float
    max_deviation: float
    predicted_crossing: float | None
    true_crossing: float | None
    drift_t: tuple[float, ...]
    drift: tuple[float, ...]
    cosine: tuple[float, ...]
    random_drift: tuple[float, ...]
    random_cosine: tuple[float, ...]

    @property
    def near(self) -> float:
        """The part of the way on which truth and prediction are best told apart, from 0 to a sampled t.

        It ends at twice the true crossing (where there is none, the predicted one), at most at the last t.
        """
        crossing = self.predicted_crossing if self.true_crossing is None else self.true_crossing
        if not crossing:
            return self.t[-1]
        return next((t for t in self.t if t >= 2 * crossing - 1e-9), self.t[-1])


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The margin on one length of the way, and the line that the gradient at the original predicts.

    x(s) = clip(x0 + s d, 0, 1) with d the attack's change, made eps long; see scales.py.

    reach: the end of the length, in eps. s: S places on it, from 0 to reach, evenly apart. true, linear:
    m(x(s)) and m(x0) + <grad m(x0), x(s) - x0>, in logits.
    deviation: largest |true - linear|, as a share of the largest change that the line predicts; None where it
    predicts none. clipped: share of the colour values that 0 or 1 cuts off at the end, 0 to 1.
    switches: how often a unit was on one side of its kink at one place and on the other at the next, so that
    as many linear pieces were entered at least; None for a network that is not made of linear pieces.
    curvature: mean size of the margin's second derivative along d (its second difference over a quarter of
    the length), over the dual norm of grad m(x0): by which share of the slope the margin's slope changes over
    one unit of length, which is 1/255 for linf and 1 for l2. rounding: below that, float32 tells none from
    nothing. Both None where the gradient is zero.
    """

    reach: float
    s: tuple[float, ...]
    true: tuple[float, ...]
    linear: tuple[float, ...]
    deviation: float | None
    clipped: float
    switches: int | None
    curvature: float | None
    rounding: float | None


@dataclass(frozen=True, kw_only=True)
class LogitsAlong:
    """The logits of L classes on the way to eps, in truth and as their gradients at the original predict.

    classes: by index, the label first, the target second, then those that lead on the way. s: T places, in
    eps. true, linear: L rows of T logits.
    """

    classes: tuple[int, ...]
    s: tuple[float, ...]
    true: tuple[tuple[float, ...], ...]
    linear: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class DriftPoint:
    """The margin's gradient after one more adversarial step, and after a random step as long, against x0's.

    length: of x - x0, in eps. drift: ||grad m(x) - grad m(x0)|| / ||grad m(x0)|| (L2), None where that is
    infinite; cosine: of the two gradients, 0 where one of them is zero.
    """

    length: float
    drift: float | None
    cosine: float
    random_drift: float | None
    random_cosine: float
