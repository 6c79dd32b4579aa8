"""Over seeds: means with their spread, and whether something rises or falls with a setting. No torch."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Literal

from malt_core.theory.types import DEEP_T, DeepRecord, SweepPoint

Quantity = Callable[[SweepPoint], float | None]


@dataclass(frozen=True, kw_only=True)
class OverSeeds:
    """One value of the setting: the mean over seeds, and one standard deviation to both sides of it."""

    value: float
    mean: float
    low: float
    high: float
    seeds: int


def over_seeds(
    points: Sequence[SweepPoint], quantity: Quantity, *, geometric: bool = False
) -> list[OverSeeds]:
    """Return the quantity at each value of the setting, rising; seeds that have none are left out.

    geometric: mean and deviation are those of the logarithms, as for a logarithmic axis; zeros are left out.
    """
    found: dict[float, list[float]] = defaultdict(list)
    for point in points:
        number = quantity(point)
        if number is not None and (number > 0 or not geometric):
            found[point.value].append(math.log(number) if geometric else number)
    back = math.exp if geometric else float
    rows = []
    for value, numbers in sorted(found.items()):
        mean, deviation = fmean(numbers), stdev(numbers) if len(numbers) > 1 else 0.0
        rows.append(
            OverSeeds(
                value=value,
                mean=back(mean),
                low=back(mean - deviation),
                high=back(mean + deviation),
                seeds=len(numbers),
            )
        )
    return rows


@dataclass(frozen=True, kw_only=True)
class Trend:
    """The slope of log quantity against log setting, and its standard error: -0.5 is 1 over the root.

    verdict: what it does beyond chance (95%), by Student's t.
    """

    slope: float
    error: float
    verdict: Literal["falls", "rises", "does not change"]


def trend(points: Sequence[SweepPoint], quantity: Quantity) -> Trend | None:
    """Return the trend over all seeds; None with fewer than three values above 0, which show none."""
    from scipy.stats import linregress, t  # takes a while to load

    pairs = [(point.value, quantity(point)) for point in points]
    logs = [(math.log(x), math.log(y)) for x, y in pairs if x > 0 and y is not None and y > 0]
    if len({x for x, _ in logs}) < 3:
        return None
    fitted = linregress(*zip(*logs, strict=True))
    slope, error = float(fitted.slope), float(fitted.stderr)
    beyond = abs(slope) > float(t.ppf(0.975, len(logs) - 2)) * error
    verdict = "does not change" if not beyond else "falls" if slope < 0 else "rises"
    return Trend(slope=slope, error=error, verdict=verdict)


@dataclass(frozen=True, kw_only=True)
class DeepSummary:
    """Medians over the images of one network; of those whose boundary is reached, but for `off`.

    accuracy: |predicted - reached| / reached. relative: reached / length. drift, random_drift, cosine: at
    DEEP_T; low, high: quartiles of drift. off: share of the gradient off the data's frequencies; expected:
    that of a random direction.
    """

    model: str
    images: int
    reached: int
    dimension: int
    accuracy: float
    relative: float
    drift: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    random_drift: tuple[float, ...]
    cosine: tuple[float, ...]
    value: tuple[float, ...]
    off: float
    expected: float

    @property
    def drift_at_boundary(self) -> float:
        """The drift where the answer changes."""
        return self.drift[DEEP_T.index(1.0)]

    @property
    def random_at_boundary(self) -> float:
        """The drift after a random step of the same length."""
        return self.random_drift[DEEP_T.index(1.0)]


def summaries(records: Sequence[DeepRecord]) -> list[DeepSummary]:
    """Return a summary for each network, in their order; none where no boundary is reached."""
    groups: dict[str, list[DeepRecord]] = defaultdict(list)
    for record in records:
        groups[record.model].append(record)
    found = []
    for model, group in groups.items():
        there = [record for record in group if record.reached is not None]
        if not there:
            continue
        drifts = [sorted(column) for column in zip(*(record.drift for record in there), strict=True)]
        found.append(
            DeepSummary(
                model=model,
                images=len(group),
                reached=len(there),
                dimension=group[0].dimension,
                accuracy=median(abs(one.predicted - one.reached) / one.reached for one in there),
                relative=median(one.reached / one.length for one in there),
                drift=tuple(map(median, drifts)),
                low=tuple(column[len(column) // 4] for column in drifts),
                high=tuple(column[(3 * len(column)) // 4] for column in drifts),
                random_drift=_medians([one.random_drift for one in there]),
                cosine=_medians([one.cosine for one in there]),
                value=_medians([one.value for one in there]),
                off=median(one.off for one in group),
                expected=1 - group[0].subspace / group[0].dimension,
            )
        )
    return found


def _medians(rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(median(column) for column in zip(*rows, strict=True))
