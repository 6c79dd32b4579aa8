"""How straight a network is, in the few numbers by which networks are compared. No torch."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from malt_core.explanations.straightness_types import Straightness
from malt_core.linearity.crossing import first_crossing
from malt_core.linearity.scale_names import MACROSCOPIC, MESOSCOPIC, MICROSCOPIC


@dataclass(frozen=True, kw_only=True)
class Summary:
    """predicted, true: where the margin reaches zero by the line and in truth, in eps; None for nowhere up to
    the farthest scale. to_crossing: the largest |true - linear| up to the true crossing, as a share of the
    margin there was; None without a crossing.

    micro, meso, macro: the deviations of the three scales, see linearity.types.Scale. alignment: mean over
    the images. drift, random_drift: the median over them after all steps, None where infinite or unknown.
    """

    predicted: float | None
    true: float | None
    to_crossing: float | None
    micro: float | None
    meso: float | None
    macro: float | None
    alignment: float | None
    drift: float | None
    random_drift: float | None


def summary(found: Straightness) -> Summary:
    """Return the numbers, as far as they are there."""
    points = margins(found)
    s, true, linear = ([point[i] for point in points] for i in range(3))
    crossing = first_crossing(s, true) if s else None
    return Summary(
        predicted=first_crossing(s, linear) if s else None,
        true=crossing,
        to_crossing=_deviation_until(crossing, points),
        micro=_deviation(found, MICROSCOPIC),
        meso=_deviation(found, MESOSCOPIC),
        macro=_deviation(found, MACROSCOPIC),
        alignment=statistics.fmean(one.alignment for one in found.drift) if found.drift else None,
        drift=_median(found, "drift"),
        random_drift=_median(found, "random_drift"),
    )


def margins(found: Straightness) -> list[tuple[float, float, float]]:
    """Return every place of all scales, in eps, with the true and the predicted margin there, in order."""
    places = {
        s: (s, true, linear)
        for scale in found.scales
        for s, true, linear in zip(scale.s, scale.true, scale.linear, strict=True)
    }
    return [places[s] for s in sorted(places)]


def _deviation(found: Straightness, reach: float) -> float | None:
    scale = found.scale(reach)
    return scale.deviation if scale else None


def _deviation_until(crossing: float | None, points: list[tuple[float, float, float]]) -> float | None:
    if not crossing:
        return None
    start = points[0][1]
    return max(abs(true - linear) for s, true, linear in points if s <= crossing) / start


def _median(found: Straightness, name: str) -> float | None:
    values = [getattr(one.points[-1], name) for one in found.drift]
    return statistics.median(values) if values and None not in values else None
