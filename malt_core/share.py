"""So many of so many, and how far chance alone can move that. Imports nothing at first."""

from __future__ import annotations

from dataclasses import dataclass


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
        from scipy.stats import binomtest  # takes a while to load, and reports are read before

        found = binomtest(self.count, self.of).proportion_ci(confidence_level=0.95, method="wilson")
        return float(found.low), float(found.high)
