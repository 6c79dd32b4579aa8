"""Does error grow as a power of eps, and is it the same power everywhere? No torch.

Cubuk, Zoph, Schoenholz, Le (arXiv 1711.02846, abstract): adversarial error scales as a power law of the size
of the perturbation, for a broad range of data sets, networks and attacks. Fitted here to counts: of n images
that the network gets right, k are fooled at each eps, and k is binomial with the chance c eps^a.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from malt_core.comparison.compare import EpsCurve
from malt_core.errors import BadConfig
from malt_core.share import Share
from malt_core.types import Norm

FEWEST = 3  # usable points: with two, any line fits
MOST = 0.5  # fooled: beyond, a curve bends towards 1, and no power law can go on
CHANCE = 0.05  # below it, a misfit or a difference is called one beyond chance


@dataclass(frozen=True, kw_only=True)
class ErrorPoint:
    """At one eps, in [0, 1] pixel units: how many are fooled, of those right without any attack."""

    eps: float
    fooled: Share

    @property
    def usable(self) -> bool:
        """Whether it says something of a power: more than none are fooled, and no more than half."""
        return 0 < self.fooled.value <= MOST


@dataclass(frozen=True, kw_only=True)
class ErrorCurve:
    """Error against eps of one attack on one network. points: by ascending eps."""

    model: str
    attack: str
    norm: Norm
    points: tuple[ErrorPoint, ...]

    @property
    def usable(self) -> tuple[ErrorPoint, ...]:
        """The points that a law is fitted to."""
        return tuple(point for point in self.points if point.usable)


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """error = scale * (eps / unit)^exponent; unit: the geometric mean of the usable eps.

    exponent_error: its standard error, by the Fisher information of the binomial counts. misfit: the chance
    that counts of such a law lie this far from it or further (deviance against chi-squared).
    """

    exponent: float
    exponent_error: float
    scale: float
    unit: float
    misfit: float
    points: int

    def error(self, eps: float) -> float:
        """Return the error that the law expects, 0 to 1 where it holds."""
        return self.scale * (eps / self.unit) ** self.exponent

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the exponent."""
        return self.exponent - 1.96 * self.exponent_error, self.exponent + 1.96 * self.exponent_error

    @property
    def fits(self) -> bool:
        """Whether the counts lie no further from the law than chance allows."""
        return self.misfit >= CHANCE


def error_curve(curve: EpsCurve) -> ErrorCurve:
    """Return the error of a curve of reports; Share needs an image that is right without any attack.

    Raises BadConfig where there is none.
    """
    right = curve.points[0].accuracy.count
    plan = curve.reports[0].plan
    if not right:
        raise BadConfig(f"{plan.model} gets none of these images right, so none can be fooled.")
    points = (
        ErrorPoint(eps=point.eps, fooled=Share(count=right - point.accuracy.count, of=right))
        for point in curve.points[1:]
    )
    return ErrorCurve(
        model=plan.model, attack=plan.config.attack, norm=plan.config.norm, points=tuple(points)
    )


def fit_power_law(curve: ErrorCurve) -> PowerLaw:
    """Return the power law that makes these counts likeliest.

    The counts are taken as independent. Where they are of the same images, larger eps fool most of what
    smaller ones did, and the true error of the exponent is rather smaller than the one returned. Raises
    BadConfig with fewer than FEWEST usable points.
    """
    from scipy.optimize import minimize  # takes a while to load
    from scipy.stats import chi2

    usable = curve.usable
    if len(usable) < FEWEST:
        raise BadConfig(
            f"A power law takes {FEWEST} ε at least at which some of the images are fooled, and no more than "
            f"half; here {'is' if len(usable) == 1 else 'are'} {len(usable) or 'none'}."
        )
    k = np.array([point.fooled.count for point in usable], float)
    n = np.array([point.fooled.of for point in usable], float)
    logs = np.log([point.eps for point in usable])
    centre = float(logs.mean())
    x = logs - centre

    def surprise(line: np.ndarray) -> float:
        log_p = line[0] + line[1] * x
        if (log_p >= -1e-9).any():
            return math.inf
        return -float((k * log_p + (n - k) * np.log1p(-np.exp(log_p))).sum())

    start = _below_one(np.polyfit(x, np.log(k / n), 1, w=np.sqrt(k))[::-1], x)
    found = minimize(surprise, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    level, exponent = (float(value) for value in found.x)
    p = np.exp(level + exponent * x)
    weight = n * p / (1 - p)
    information = np.array([[weight.sum(), (weight * x).sum()], [(weight * x).sum(), (weight * x**2).sum()]])
    saturated = k * np.log(k / n) + (n - k) * np.log1p(-k / n)
    deviance = 2 * (float(saturated.sum()) + surprise(found.x))
    return PowerLaw(
        exponent=exponent,
        exponent_error=float(np.sqrt(np.linalg.inv(information)[1, 1])),
        scale=math.exp(level),
        unit=math.exp(centre),
        misfit=float(chi2.sf(max(deviance, 0.0), len(usable) - 2)),
        points=len(usable),
    )


def _below_one(line: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the line, lowered until it expects less than 1 everywhere."""
    highest = float((line[0] + line[1] * x).max())
    return np.array([line[0] - max(0.0, highest + 1e-3), line[1]])


@dataclass(frozen=True, kw_only=True)
class Common:
    """Whether several exponents can be one.

    exponent, error: their mean by inverse variance, and its standard error. difference: the chance that
    exponents that are all the same are found this far apart or further (Cochran's Q against chi-squared).
    """

    exponent: float
    error: float
    difference: float

    @property
    def one(self) -> bool:
        """Whether they lie no further apart than chance allows."""
        return self.difference >= CHANCE


def common_exponent(laws: Sequence[PowerLaw]) -> Common | None:
    """Return whether these laws can have one exponent; None for fewer than two."""
    from scipy.stats import chi2

    if len(laws) < 2:
        return None
    weights = [1 / law.exponent_error**2 for law in laws]
    mean = sum(weight * law.exponent for weight, law in zip(weights, laws, strict=True)) / sum(weights)
    apart = sum(weight * (law.exponent - mean) ** 2 for weight, law in zip(weights, laws, strict=True))
    return Common(exponent=mean, error=sum(weights) ** -0.5, difference=float(chi2.sf(apart, len(laws) - 1)))
