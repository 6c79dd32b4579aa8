"""Where a margin reaches zero. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def first_crossing(t: Sequence[float], margin: Sequence[float]) -> float | None:
    """Return the first t at which the margin reaches 0, linearly interpolated; None if it never does."""
    if margin[0] <= 0:
        return t[0]
    for (t0, m0), (t1, m1) in pairwise(zip(t, margin, strict=True)):
        if m1 <= 0:
            return t0 + (t1 - t0) * m0 / (m0 - m1)
    return None
