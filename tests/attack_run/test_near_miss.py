"""How near a failed attack came: true of its record, and a next ε that is larger and round."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from malt_core import AttackConfig
from malt_core.attack_run.near_miss import near_miss, near_sentence, why_withstood
from malt_core.attack_run.record import RunRecord, record_of
from malt_core.attack_run.run import attack_and_measure
from malt_core.types import NamedClass
from tests.attack_run.test_run import catalogued
from tests.helpers.analytic import Linear, grey, sample
from tests.helpers.example_run import already_wrong, example_run

MODEL = Linear(12)
NEAREST = min(MODEL.distances("linf"))


def failed(**settings) -> RunRecord:
    """A linear model attacked with less than it takes: everything about it is known."""
    config = AttackConfig(**{"eps": 0.5 * NEAREST, "n_iter": 10, **settings})
    *_, run = attack_and_measure(catalogued(network=MODEL), sample(grey()[0]), config, crop="centre")
    return record_of(run)


def test_what_is_known_of_a_linear_model():
    record = failed()
    miss = near_miss(record)
    assert miss.left == record.margin_left
    assert 0.4 < miss.left < 1
    assert miss.target.index == record.target.index
    assert miss.nearest.predicted_distance == pytest.approx(NEAREST, rel=1e-5)
    assert miss.nearest.rank == 1
    k = miss.next_eps.value * 255
    assert k == pytest.approx(round(k))
    assert k - 1 < NEAREST * 255 <= k


@pytest.mark.parametrize(
    ("norm", "eps", "distance", "text"),
    [
        ("linf", 4 / 255, 9.2 / 255, "10/255"),
        ("linf", 4 / 255, 9 / 255, "9/255"),
        ("linf", 4 / 255, 3.2 / 255, "5/255"),
        ("linf", 4 / 255, 4 / 255, "5/255"),
        ("linf", 0.5 / 255, 0.7 / 255, "1/255"),
        ("linf", 4 / 255, 400 / 255, None),
        ("linf", 1.0, 0.5, None),
        ("l2", 0.5, 0.872, "0.88"),
        ("l2", 0.5, 0.3, "0.51"),
        ("l2", 0.5, 12.3, "13.0"),
    ],
)
def test_the_next_radius_is_round_and_reaches_the_predicted_boundary(norm, eps, distance, text):
    record = failed()
    near = replace(record.ranking[0], predicted_distance=distance)
    found = near_miss(replace(record, norm=norm, eps=eps, ranking=(near,))).next_eps
    assert (found and found.text) == text


def test_without_a_slope_there_is_no_next_radius():
    record = failed()
    flat = tuple(replace(ranked, predicted_distance=None) for ranked in record.ranking)
    miss = near_miss(replace(record, ranking=flat))
    assert (miss.nearest, miss.next_eps) == (None, None)
    assert near_sentence(replace(record, ranking=flat)).endswith("No class has a slope to follow.")


def test_what_succeeded_or_was_not_attacked_is_no_near_miss():
    for record in (record_of(example_run()), record_of(already_wrong())):
        assert near_miss(record) is None
        assert near_sentence(record) == why_withstood(record, robust=True) == ""


def test_with_an_aim_another_wrong_class_is_a_miss_and_the_aim_is_what_counts():
    record = failed(target=11)
    assert near_miss(record).nearest.index == 11
    ranked = next(row for row in record.ranking if row.index == 11)
    elsewhere = replace(record, success=True, reached=False)
    assert near_miss(elsewhere).next_eps.value >= ranked.predicted_distance
    assert "overtook first" in near_sentence(elsewhere)
    assert near_miss(replace(elsewhere, reached=True)) is None


def test_sentences_say_whether_the_line_foresaw_it():
    record = failed()
    name, eps = record.ranking[0].name, "4/255"
    far = replace(record.ranking[0], predicted_distance=9.2 / 255)
    record = replace(record, eps=4 / 255, margin_left=0.62, ranking=(far,))
    label = record.label.name
    assert near_sentence(record) == (
        f"The closest try left 62% of the lead of “{label}”. No wonder: the straight line puts the nearest "
        f"boundary, to “{name}”, at 9.2/255, and ε was {eps}."
    )
    near = replace(far, predicted_distance=3 / 255)
    assert "Yet the straight line puts" in near_sentence(replace(record, ranking=(near,)))
    assert "took nothing off" in near_sentence(replace(record, margin_left=0.999))


@pytest.mark.parametrize("robust", [True, False])
@pytest.mark.parametrize("settings", [{}, {"faithful": True}, {"target": 11}])
def test_why_it_withstood(robust, settings):
    record = failed(**settings)
    text = why_withstood(record, robust=robust)
    assert ("trained for" in text) == robust
    assert ("MALT stops" in text) == (settings == {})
    assert near_miss(record).left > 0.4 or settings == {"target": 11}
    assert not re.search(r"  |None|nan", near_sentence(record))
    assert isinstance(near_miss(record).target, NamedClass)
