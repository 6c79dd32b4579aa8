"""Power laws of counts whose law is known."""

from __future__ import annotations

import numpy as np
import pytest

from malt_core.comparison.law_figures import law_figure, law_rows
from malt_core.comparison.law_words import exponent_text, fit_text, verdict
from malt_core.comparison.power_law import (
    ErrorCurve,
    ErrorPoint,
    common_exponent,
    fit_power_law,
)
from malt_core.errors import BadConfig
from malt_core.share import Share

EPS = (0.001, 0.002, 0.004, 0.008)


def curve(counts: list[int], of: int, eps: tuple[float, ...] = EPS) -> ErrorCurve:
    points = tuple(
        ErrorPoint(eps=one, fooled=Share(count=count, of=of)) for one, count in zip(eps, counts, strict=True)
    )
    return ErrorCurve(model="some/model", attack="malt", norm="linf", points=points)


def test_an_exact_law_is_found():
    law = fit_power_law(curve([50, 100, 200, 400], 1000))  # error = 50 eps
    assert law.exponent == pytest.approx(1, abs=1e-4)
    assert law.error(0.004) == pytest.approx(0.2, abs=1e-4)
    assert law.misfit == pytest.approx(1, abs=1e-3)
    assert law.fits
    assert exponent_text(law).startswith("1.00 ± 0.0")
    assert fit_text(law) == "fits (p = 1.00)"


def test_the_error_is_that_of_the_counts():
    """Of many samples of one law, about 95% of the intervals hold the exponent that made them."""
    source = np.random.default_rng(0)
    p = 0.42 * (np.array(EPS) / EPS[-1]) ** 1.3
    laws = [fit_power_law(curve(source.binomial(300, p).tolist(), 300)) for _ in range(120)]
    inside = [law.interval[0] <= 1.3 <= law.interval[1] for law in laws]
    assert 0.88 <= np.mean(inside) <= 1
    spread = np.std([law.exponent for law in laws])
    assert np.mean([law.exponent_error for law in laws]) == pytest.approx(spread, rel=0.2)
    assert np.mean([law.fits for law in laws]) > 0.88
    few = fit_power_law(curve([2, 4, 8, 16], 40))
    many = fit_power_law(curve([200, 400, 800, 1600], 4000))
    assert few.exponent_error == pytest.approx(10 * many.exponent_error, rel=0.02)


def test_points_where_none_or_more_than_half_are_fooled_are_not_fitted():
    law = fit_power_law(curve([0, 10, 20, 40, 99], 100, (*EPS, 0.016)))
    assert law.points == 3
    assert law.exponent == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("counts", [[0, 0, 5, 10], [10, 10, 10, 10], [0, 0, 0, 0]])
def test_with_too_few_points_it_refuses_in_words(counts: list[int]):
    with pytest.raises(BadConfig, match="takes 3 ε at least"):
        fit_power_law(curve(counts, 10))


def test_what_is_no_power_law_does_not_fit():
    law = fit_power_law(curve([100, 110, 120, 490], 1000))
    assert not law.fits
    assert fit_text(law) == "does not fit (p < 0.001)"


def test_one_exponent_for_all_or_not():
    one = fit_power_law(curve([50, 100, 200, 400], 1000))
    same = fit_power_law(curve([25, 52, 98, 198], 1000))
    other = fit_power_law(curve([7, 30, 120, 480], 1000))  # about eps squared
    assert common_exponent([one]) is None
    assert common_exponent([one, same]).one
    assert "one exponent would do" in verdict([one, same], common_exponent([one, same]))
    apart = common_exponent([one, same, other])
    assert not apart.one
    assert "not one curve for all" in verdict([one, same, other], apart)
    assert "points enough" in verdict([], None)


def test_the_figure_holds_counts_and_laws():
    short, long = curve([0, 1, 2, 10], 10), curve([50, 100, 200, 400], 1000)
    fitted = [("short", short, None), ("long", long, fit_power_law(long))]
    figure = law_figure(fitted)
    assert list(figure.data[0].y) == pytest.approx([10, 20, 100])
    assert figure.data[2].mode == "lines"
    assert max(figure.data[2].y) == pytest.approx(40, abs=0.1)
    rows = law_rows(fitted)
    assert len(rows) == 8
    assert rows[-1]["law"] == pytest.approx(0.4, abs=1e-3)
    assert rows[0]["exponent"] is None
