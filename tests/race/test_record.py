"""race.json says what happened, in types that are read back; other files are refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from malt_core.errors import BadConfig
from malt_core.models.catalogue import model_info
from malt_core.race.record import (
    RECORD,
    Entrant,
    RaceRecord,
    read_record,
    record_from_bytes,
    record_of,
    record_to_json,
)
from malt_core.race.timeline import race_of
from malt_core.race.types import LaneDone, RaceConfig
from tests.race.test_timeline import EVENTS, NAMES, fell

INFO = model_info("tiny-imagenet/robust")
ENTRANTS = [
    Entrant(name=name, source=f"gallery:{name}", credit=f"{name}'s author (CC0)", sha256=name, truth=truth)
    for name, truth in (("cat", frozenset({3})), ("cup", frozenset({7})), ("rocket", None))
]


@pytest.fixture
def record() -> RaceRecord:
    """Two pictures are attacked, the third has no finite answer; AutoAttack is stopped after one success."""
    events = [*EVENTS, fell("autoattack", 0, "apgd-ce", 3.5, 1)]
    race = race_of(events, NAMES, going_on=False)
    return record_of(race, INFO, RaceConfig(eps=4 / 255, seed=5), "fit", ENTRANTS)


def test_it_says_who_what_and_when(record: RaceRecord) -> None:
    assert (record.model, record.dataset, record.eps, record.seed, record.crop) == (
        INFO.id,
        INFO.dataset,
        4 / 255,
        5,
        "fit",
    )
    cat, cup, rocket = record.pictures
    assert (cat.answer.index, cat.answer.name, cat.answer.confidence) == (3, INFO.classes[3], 0.9)
    assert (cat.right, cup.right, rocket.right) == (True, False, None)
    assert cat.truth[0].name == INFO.classes[3]
    assert (rocket.truth, rocket.answer) == (None, None)
    assert cat.credit == "cat's author (CC0)"
    assert record.standing == (0, 1)
    malt, fgsm, autoattack = record.lanes
    assert [(lane.attack, lane.state) for lane in record.lanes] == [
        ("malt", "done"),
        ("fgsm", "done"),
        ("autoattack", "stopped"),
    ]
    assert (malt.seconds, malt.n_forward, malt.n_backward) == (1.0, 50, 60)
    (fall,) = malt.falls
    assert (fall.picture, fall.answer.index, fall.seconds, fall.rank, fall.stage) == (1, 7, 0.7, 4, "targets")
    assert fall.outcome == "corrected", "the network was wrong about the cup, and is right now"
    assert autoattack.falls[0].outcome == "fooled"
    assert fgsm.falls == ()
    assert [(stage.stage, stage.start, stage.end) for stage in malt.stages] == [
        ("ranking", 0.0, 0.5),
        ("targets", 0.5, 1.0),
    ]


def test_what_is_written_is_read_back(record: RaceRecord, tmp_path: Path) -> None:
    text = json.dumps(record_to_json(record), allow_nan=False)
    assert record_from_bytes(text.encode(), "it") == record
    (tmp_path / RECORD).write_text(text, "utf-8")
    assert read_record(tmp_path) == read_record(tmp_path / RECORD) == record


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="Race page"):
        read_record(tmp_path)
    with pytest.raises(BadConfig, match="it has no model"):
        record_from_bytes(b"{}", "it")


def test_the_outcome_follows_the_truth_of_each_picture(record: RaceRecord) -> None:
    done = LaneDone(lane="autoattack", seconds=4.0, n_forward=9, n_backward=9, robust=0, ranks={})
    events = [*EVENTS, fell("autoattack", 0, "square", 3.5, 1), fell("autoattack", 1, "square", 3.6, 0), done]
    race = race_of(events, NAMES, going_on=False)

    def outcomes(*truths: object) -> list[str]:
        entrants = [
            Entrant(name="", source="", credit="", sha256="", truth=truth) for truth in (*truths, None)
        ]
        told = record_of(race, INFO, RaceConfig(), "centre", entrants)
        return [fall.outcome for fall in told.lanes[2].falls]

    assert outcomes(frozenset({3}), None) == ["fooled", "fooled_unchecked"]
    assert outcomes(frozenset({7}), frozenset()) == ["corrected", "moved"]
    assert outcomes(frozenset({3, 7}), frozenset({5})) == ["renamed", "moved"]
