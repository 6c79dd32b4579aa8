"""Which classes a figure marks, and how: MALT's first, the likeliest, and those that are both."""

from __future__ import annotations

from dataclasses import dataclass

from malt_core.explanations.record import Candidate
from malt_core.figure_style import CROWD, PALETTE
from malt_core.types import Norm

MALT, NAIVE, BOTH = PALETTE[0], PALETTE[1], PALETTE[2]
MARKED = 9  # classes that either order aims at


@dataclass(frozen=True)
class Mark:
    """How points look. whose: see `marked`; words: in a legend."""

    whose: str
    words: str
    symbol: str
    colour: str
    size: int


MARKS = (
    Mark("both", f"among the first {MARKED} of both", "diamond", BOTH, 12),
    Mark("malt", f"MALT's first {MARKED}", "circle", MALT, 12),
    Mark("naive", f"the {MARKED} likeliest", "square", NAIVE, 11),
    Mark("", "neither", "circle", CROWD, 8),
)


def marked(candidate: Candidate, n: int = MARKED) -> str:
    """Return whose first n classes this one is among: "both", "malt", "naive" or ""."""
    malt, naive = candidate.rank <= n, candidate.confidence_rank <= n
    return "both" if malt and naive else "malt" if malt else "naive" if naive else ""


def unit(norm: Norm) -> tuple[float, str]:
    """Return the factor from eps to what axes show, and its name."""
    return (255.0, "n/255") if norm == "linf" else (1.0, "L2")
