"""The charts of a race say what happened, and stay the same drawing while it goes on."""

from __future__ import annotations

import json
from itertools import pairwise

from malt_core.race.charts import bar_chart, bar_parts, curve_chart, curve_points, is_logarithmic
from malt_core.race.timeline import Lane, race_of
from tests.race.test_timeline import EVENTS, NAMES

RACE = race_of(EVENTS, NAMES, going_on=True)


def points(lane: str) -> list[tuple[float, int]]:
    linear = [one for one in RACE.lanes if one.name != "fgsm"]
    return [(p["seconds"], p["standing"]) for p in curve_points(linear) if p["lane"] == lane]


def test_a_stair_for_every_fall() -> None:
    assert points("MALT") == [(0.0, 2), (0.7, 1), (1.0, 1)]
    assert points("AutoAttack") == [(0.0, 2), (3.0, 2)]


def test_times_far_apart_are_drawn_on_a_logarithmic_axis_that_has_no_zero() -> None:
    assert is_logarithmic(RACE.lanes), "0.1 s against 3 s"
    assert curve_chart(RACE.lanes)["encoding"]["x"]["scale"]["type"] == "log"
    assert "logarithmic" in curve_chart(RACE.lanes)["encoding"]["x"]["title"]
    assert 0 < min(point["seconds"] for point in curve_points(RACE.lanes)) < 0.1
    assert not is_logarithmic(RACE.lanes[::2])
    assert "logarithmic" not in curve_chart(RACE.lanes[::2])["encoding"]["x"]["title"]


def test_bars_are_the_stages_and_marks_the_falls() -> None:
    parts = bar_parts(RACE.lanes)
    spans = [(part["lane"], part["start"], part["end"]) for part in parts if "end" in part]
    assert ("MALT", 0.0, 0.5) in spans
    assert ("AutoAttack", 2.0, 3.0) in spans
    assert [(part["lane"], part["fell"]) for part in parts if "fell" in part] == [("MALT", 0.7)]


def test_words_are_written_only_where_there_is_room() -> None:
    words = {part["what"]: part["word"] for part in bar_parts(RACE.lanes) if "word" in part}
    assert words["checks"] == "checks"
    assert words["ranking the classes"] == ""


def test_the_drawing_changes_once_at_most_in_a_race() -> None:
    curves, bars = [], []
    for end in range(1, len(EVENTS) + 1):
        lanes = race_of(EVENTS[:end], NAMES, going_on=True).lanes
        curves.append(json.dumps(curve_chart(lanes)))
        bars.append(json.dumps(bar_chart(lanes)))
    assert len(set(bars)) == 1
    assert sum(a != b for a, b in pairwise(curves)) <= 1


def test_a_lane_that_has_just_begun_does_not_make_the_axis_logarithmic() -> None:
    slow = Lane("malt", 2, state="done", seconds=8.0)
    axes = [
        is_logarithmic([slow, Lane("autoattack", 2, state="running", seconds=seconds)])
        for seconds in (0.1, 1.0, 8.0, 63.0, 65.0, 600.0)
    ]
    assert axes == [False, False, False, False, True, True]


def test_a_race_that_has_not_begun_can_be_drawn() -> None:
    lanes = race_of(EVENTS[:1], NAMES, going_on=True).lanes
    assert curve_points(lanes) == []
    assert bar_parts(lanes) == []
    json.dumps([curve_chart(lanes), bar_chart(lanes)])
