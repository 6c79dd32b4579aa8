"""Scores of all classes, a few at a time, and two attacks with all their logits."""

from __future__ import annotations

import pytest

from malt_core.explanations.classes import EVERY, FIRST, score_classes
from malt_core.explanations.two_attacks import attack_both
from tests.helpers.analytic import Linear, grey


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_scores_come_likeliest_first_and_are_exact(norm) -> None:
    model = Linear(30)
    events = list(score_classes(model, grey()[0], norm=norm))
    assert [len(event.targets) for event in events] == [*range(FIRST, 29, EVERY), 29]
    assert all(event.total == 29 and event.label == 0 for event in events)
    distances = model.distances(norm)
    for event in events:
        scored = event.targets
        assert {t.confidence_rank for t in scored} == set(range(1, len(scored) + 1))
        assert [t.rank for t in scored] == list(range(1, len(scored) + 1))
        assert [t.predicted_distance for t in scored] == sorted(t.predicted_distance for t in scored)
        for target in scored:
            assert target.predicted_distance == pytest.approx(distances[target.index - 1], rel=1e-4)


def test_few_classes_come_at_once() -> None:
    (event,) = score_classes(Linear(3), grey()[0], n_candidates=100)
    assert event.total == len(event.targets) == 2


def test_two_attacks_go_on_to_the_end() -> None:
    model = Linear(6)
    eps = 2 * model.distances("linf")[3]
    trace = list(attack_both(model, grey()[0], None, 1, 4, norm="linf", eps=eps, n_iter=5))
    assert [step.step for step in trace] == list(range(6))
    assert all(len(logits) == 6 for step in trace for logits in step.logits)
    for row, target in enumerate((1, 4)):
        margins = [step.logits[row][0] - step.logits[row][target] for step in trace]
        assert margins[-1] < margins[0]
    assert trace[-1].logits[1][4] > trace[-1].logits[1][0], "reached, twice as far as it takes"
