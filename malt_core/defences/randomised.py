"""A defence that draws: its own random numbers, begun anew with each attack."""

from __future__ import annotations

from malt_core.trust.eot import Averaged

ANEW = 1 << 32  # calls between two beginnings, more than any attack makes


class Randomised(Averaged):
    """The mean of several draws where a gradient is asked for, else their majority; see Averaged.

    reseed: begins the draws anew, as an attack does before all else (soundness.try_out), so that equal
    attacks give equal results in one process.
    """

    def reseed(self, seed: int) -> None:
        self.calls = seed * ANEW
