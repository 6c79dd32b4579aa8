"""So many of so many, and how far chance alone can move that. No library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many images; `of` is at least 1."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.count / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval, 0 to 1, for all images like these (Wilson 1927, a binomial proportion)."""
        # Not scipy's: first screens draw intervals, and it takes a second to import.
        z, n, p = NormalDist().inv_cdf(0.975), self.of, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - reach), min(1.0, middle + reach)
