"""How far searches go where nobody says. Needs no torch."""

from __future__ import annotations

from malt_core.types import Norm

EPS_MAX: dict[Norm, float] = {"linf": 64 / 255, "l2": 10.0}  # plain to see, in either norm
