"""How far the answer of a two-layer network at one point is certain. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Radii:
    """L-infinity radii around one point that the network gets right.

    value: label times N. interval, convex, exact: within them each method proves the answer; exact: None
    where the network is too large. attack: at this radius another answer was found; None: not up to the
    largest that was tried.
    """

    value: float
    interval: float
    convex: float
    exact: float | None
    attack: float | None
