"""How far the answer of a two-layer network can be relied on: two bounds, the truth, and an attack.

N(x) = sum_i u_i relu(<w_i, x>), whose sign is the answer. Within |x' - x| <= eps (L-infinity):

- interval bound: each unit by itself takes the worst value that it can have. Of units that cannot all have
  theirs at once, it takes them all the same.
- convex outer bound (Wong and Kolter, arXiv 1711.00851, section 3.1): one x' for all units, but a unit that
  may be on or off may lie anywhere in the triangle around its kink. A linear program, solved here itself;
  the paper goes on to a bound on it that a backward pass gives, for networks where that is too slow.
- the exact answer: the same with a 0-or-1 variable for each unit that may be on or off, a mixed-integer
  linear program (Tjeng, Xiao and Tedrake, arXiv 1711.07356). Only for small networks.
- an attack: some x' at which the answer is another one.

What the first three give is how low label times N can get at most, from ever better knowledge; the attack
gives a value that it does get. So: interval <= convex <= exact <= attack, and the same of the radii.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from malt_core.certificates.two_layer_types import Radii

STEPS = 40  # of the attack
HALVINGS = 14  # of an interval of radii: to a ten-thousandth of it
Array = np.ndarray


@dataclass(frozen=True)
class Units:
    """A network around one point. w: (m, d); c: (m,), label times u; x: (d,).

    label * N is c @ relu(w @ x).
    """

    w: Array
    c: Array
    x: Array

    def value(self, x: Array) -> float:
        """Return label times N at a point (d,): above 0 where the answer is right."""
        return float(self.c @ np.maximum(self.w @ x, 0))

    def span(self, eps: float) -> tuple[Array, Array]:
        """Return the least and the most that each unit gets within eps of x, (m,) each."""
        middle, reach = self.w @ self.x, eps * np.abs(self.w).sum(1)
        return middle - reach, middle + reach


def interval_bound(units: Units, eps: float) -> float:
    """Return what label times N is at least, unit by unit."""
    low, high = units.span(eps)
    return float(np.where(units.c > 0, units.c * np.maximum(low, 0), units.c * np.maximum(high, 0)).sum())


def convex_bound(units: Units, eps: float) -> float:
    """Return what label times N is at least, by the linear program."""
    return _least(units, eps, whole=False)


def exact_bound(units: Units, eps: float) -> float:
    """Return the least that label times N gets."""
    return _least(units, eps, whole=True)


def _least(units: Units, eps: float, *, whole: bool) -> float:
    """Return the optimum over x' (d), z (m) after the kink, and one switch for each unit that needs it.

    Such a unit lowers the output by being on (c < 0), and may be on or off. whole: switches are 0 or 1, else
    anything between, which is the triangle.
    """
    m, d = units.w.shape
    low, high = units.span(eps)
    open_ = (low < 0) & (high > 0)
    needs = np.flatnonzero(open_ & (units.c < 0))
    k = len(needs)
    cost = np.concatenate((np.zeros(d), units.c, np.zeros(k)))
    above = np.hstack((-units.w, np.eye(m), np.zeros((m, k))))  # z - w x'
    floor = np.where(high <= 0, -np.inf, 0.0)  # z >= w x', but for units that are off for sure
    top = np.where(low >= 0, 0.0, np.inf)  # z <= w x' where a unit is on for sure
    rows, least, most = [above], [floor], [top]
    if k:
        switched = np.zeros((k, m + d + k))  # z <= high * switch
        switched[np.arange(k), d + needs] = 1.0
        switched[np.arange(k), d + m + np.arange(k)] = -high[needs]
        under = above[needs].copy()  # z <= w x' - low * (1 - switch)
        under[np.arange(k), d + m + np.arange(k)] = -low[needs]
        rows += [switched, under]
        least += [np.full(k, -np.inf), np.full(k, -np.inf)]
        most += [np.zeros(k), -low[needs]]
    found = milp(
        cost,
        constraints=LinearConstraint(np.vstack(rows), np.concatenate(least), np.concatenate(most)),
        bounds=Bounds(
            np.concatenate((units.x - eps, np.zeros(m), np.zeros(k))),
            np.concatenate((units.x + eps, np.maximum(high, 0), np.ones(k))),
        ),
        integrality=np.concatenate((np.zeros(d + m), np.full(k, int(whole)))),
    )
    if found.fun is None:
        raise ArithmeticError(f"The solver found no answer: {found.message}")
    dual = getattr(found, "mip_dual_bound", None)
    return float(found.fun if dual is None or not whole else min(found.fun, dual))


def attack(units: Units, eps: float, start: Array | None = None) -> Array:
    """Return the lowest point that steps down the gradient's sign find within eps of x, (d,)."""
    best = units.x if start is None else np.clip(start, units.x - eps, units.x + eps)
    lowest, x = units.value(best), best
    for step in range(STEPS):
        slope = (units.c * (units.w @ x > 0)) @ units.w
        length = 2 * eps * (1 - step / STEPS)  # from one end of the cube to the other, then ever shorter
        x = np.clip(x - length * np.sign(slope), units.x - eps, units.x + eps)
        if (value := units.value(x)) < lowest:
            lowest, best = value, x
    return best


def radii(units: Units, largest: float, *, exact: bool) -> Radii:
    """Return the radii of a point that the network gets right, each to a ten-thousandth of `largest`.

    What is certain is rounded down, what the attack needs is rounded up, so that the order is kept.
    """
    interval = _certain(lambda eps: interval_bound(units, eps) > 0, 0.0, largest)
    convex = _certain(lambda eps: convex_bound(units, eps) > 0, interval, largest)
    fooled = _fooled(units, convex, largest)
    true = None
    if exact:
        true = _certain(lambda eps: exact_bound(units, eps) > 0, convex, fooled or largest)
    return Radii(value=units.value(units.x), interval=interval, convex=convex, exact=true, attack=fooled)


def _certain(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return the largest radius from low, where it holds, to high that a bisection sees it hold at."""
    if holds(high):
        return high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _fooled(units: Units, low: float, high: float) -> float | None:
    """Return the smallest radius above low at which the attack has found another answer, None for none."""
    best = attack(units, high)
    if units.value(best) > 0:
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        found = min((attack(units, middle), attack(units, middle, best)), key=units.value)
        if units.value(found) <= 0:
            high, best = middle, found
        else:
            low = middle
    return high
