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
