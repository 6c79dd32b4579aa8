"""What an experiment varies after its first training. No torch."""

from __future__ import annotations

from malt_core.theory.types import MOST_DIMENSIONS, TheoryConfig, Varied
from malt_core.types import MAX_SEED

SEEDS = 5
WIDTHS = (16, 64, 256, 1024)
CODIMENSIONS = (2, 6, 20, 60, 200, 600, 1800)
SCALES = (0.1, 0.3, 1.0, 2.0)
DECAYS = (0.0, 0.001, 0.01, 0.1)


def sweeps(config: TheoryConfig) -> list[tuple[Varied, float]]:
    """Return what is varied, and to which values."""
    dimensions = [config.subspace + more for more in CODIMENSIONS]
    return [
        ("toy", 2),
        *(("dimension", d) for d in dimensions if d <= MOST_DIMENSIONS),
        *(("width", m) for m in WIDTHS),
        *(("scale", scale) for scale in SCALES),
        *(("decay", decay) for decay in DECAYS),
    ]


def seeds(config: TheoryConfig) -> range:
    """Return the seeds of a sweep; the first one is the experiment's own."""
    first = min(config.seed, MAX_SEED - SEEDS + 1)
    return range(first, first + SEEDS)
