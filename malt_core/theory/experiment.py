"""An experiment from its settings to its findings: trained once before your eyes, then again and again with
one setting varied and other seeds. Closing the iterator stops it.
"""

from __future__ import annotations

from collections.abc import Iterator

from malt_core.numerics.random import row_generator
from malt_core.theory.data import Points, draw
from malt_core.theory.measurement import measure, sweep_point
from malt_core.theory.network import TwoLayer, initial
from malt_core.theory.plan import seeds, sweeps
from malt_core.theory.training import Trained, train
from malt_core.theory.types import TheoryConfig, TheoryEvent, TrainingStep


def run(config: TheoryConfig) -> Iterator[TheoryEvent]:
    """Yield the steps of training, what was Measured, and then the sweeps, point by point.

    The first takes well under a second of work at the defaults. Same settings, same numbers.
    """
    points, first = _begin(config)
    for event in train(first, points.z, points.y, config.decay):
        if isinstance(event, TrainingStep):
            yield event
        else:
            yield measure(config, first, event, points, row_generator(config.seed, 0, 2))
    for varied, value in sweeps(config):
        for seed in seeds(config):
            changed = config.varied(varied, value, seed)
            points, first = _begin(changed)
            *_, trained = train(first, points.z, points.y, changed.decay)
            assert isinstance(trained, Trained)
            yield sweep_point(varied, value, seed, trained, points)


def _begin(config: TheoryConfig) -> tuple[Points, TwoLayer]:
    """Return the points and the network before training: data and weights have generators of their own."""
    points = draw(config, row_generator(config.seed, 0, 0))
    return points, initial(config, row_generator(config.seed, 0, 1))
