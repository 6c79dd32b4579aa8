"""Wilson's interval is scipy's."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from malt_core.share import Share


@pytest.mark.parametrize(("count", "of"), [(0, 1), (0, 40), (1, 1), (7, 12), (100, 100), (333, 5000)])
def test_the_interval_is_wilsons(count: int, of: int):
    found = binomtest(count, of).proportion_ci(confidence_level=0.95, method="wilson")
    assert Share(count=count, of=of).interval == pytest.approx((found.low, found.high), abs=1e-12)
