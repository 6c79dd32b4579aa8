"""A whole small experiment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from malt_core.theory import plan, sweep_words, words
from malt_core.theory.experiment import run
from malt_core.theory.statistics import over_seeds, trend
from malt_core.theory.types import Experiment, Measured, TheoryConfig, TrainingStep
from malt_core.types import MAX_SEED

SMALL = TheoryConfig(dimension=60, subspace=4, width=64, points=40)


@pytest.fixture(scope="module")
def experiment() -> Iterator[Experiment]:
    """An experiment whose sweeps are short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "SEEDS", 2)
        patch.setattr(plan, "CODIMENSIONS", (6, 60, 600))
        patch.setattr(plan, "WIDTHS", (16, 64))
        patch.setattr(plan, "SCALES", (0.1, 1.0))
        patch.setattr(plan, "DECAYS", (0.0, 0.1))
        yield Experiment.of(list(run(SMALL)))


def test_it_trains_measures_and_varies_as_planned(experiment: Experiment):
    assert experiment.training
    assert experiment.measured is not None
    assert experiment.measured.config == SMALL
    assert len(experiment.sweep) == len(plan.sweeps(SMALL)) * plan.SEEDS
    assert {point.seed for point in experiment.swept("width")} == set(plan.seeds(SMALL))


def test_same_settings_same_numbers(experiment: Experiment):
    events = run(SMALL)
    first = []
    while not first or isinstance(first[-1], TrainingStep):
        first.append(next(events))
    events.close()
    assert isinstance(first[-1], Measured)
    assert tuple(first[:-1]) == experiment.training
    assert first[-1] == experiment.measured


def test_what_the_papers_say_is_seen_here(experiment: Experiment):
    """Steps shrink with the dimension; smaller first weights and decay make them longer."""
    shrinks = trend(experiment.swept("dimension"), lambda point: point.relative)
    assert shrinks is not None
    assert shrinks.verdict == "falls"
    for varied, usual, cure in (("scale", 1.0, 0.1), ("decay", 0.0, 0.1)):
        points = experiment.swept(varied)
        off = {one.value: one.mean for one in over_seeds(points, lambda point: point.off)}
        far = {one.value: one.mean for one in over_seeds(points, lambda point: point.relative)}
        assert off[cure] < off[usual] / 3
        assert far[cure] > 3 * far[usual]


def test_every_sentence_can_be_said_of_it(experiment: Experiment):
    measured = experiment.measured
    assert "of the point's own length" in words.headline(measured)
    assert "as they began" in words.gradient_sentence(measured)
    assert "0% of what it was at the point" in words.drift_sentence(measured, 1.0)
    assert "falls like its power −0." in sweep_words.length_sentence(experiment)
    assert "line in the plane" in sweep_words.toy_sentence(experiment)
    assert "With initial scale 0.1 in place of 1" in sweep_words.cure_sentence(
        experiment.swept("scale"), "initial scale", usual=1.0
    )
    assert len(words.directions(measured)) == 3


def test_the_last_seeds_of_all_have_sweeps_too():
    assert max(plan.seeds(TheoryConfig(seed=MAX_SEED))) == MAX_SEED
