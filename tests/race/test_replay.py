"""What the browser replays, and the figure: they say what happened in the race."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from malt_core.printing.saving import png_bytes
from malt_core.race.figure import drawn as drawn_race
from malt_core.race.record import RaceRecord
from malt_core.race.replay import is_logarithmic, payload, script, span, title
from tests.race.records import lane, picture, png, race

RACE = race({0: 0.1, 1: 0.62}, {0: 0.1, 1: 0.27}, {0: 0.3, 1: 0.48})
IMAGES = [png(i) for i in range(4)]


def test_the_payload_tells_who_fell_when_to_whom() -> None:
    data = json.loads(json.dumps(payload(RACE, IMAGES), allow_nan=False))
    assert [lane["title"] for lane in data["lanes"]] == ["MALT", "Naive targeting", "AutoAttack"]
    malt = data["lanes"][0]
    assert [(fall["picture"], fall["seconds"]) for fall in malt["falls"]] == [(0, 0.1), (1, 0.62)]
    assert malt["falls"][0]["words"] == "“class 7” after 0.10 s, fooled"
    assert malt["end"] == "2 of 4 changed, gave up after 1.4 s"
    assert data["pictures"][2]["words"] == "flower: class 2 (90%);"
    assert data["standing"] == 4
    assert (data["logarithmic"], data["last"]) == (True, 244.0)
    assert 0 < data["first"] < 0.1
    assert "still gets right" in data["title"]


def test_it_speaks_of_right_only_where_all_were_right() -> None:
    unknown = race({}, {}, {}, pictures=[picture(0), picture(1, truth=None)])
    assert "still answers as before" in title(unknown)


def test_every_end_has_words() -> None:
    states = race({0: 1.0}, {}, {}, states=("running", "waiting", "waiting"), pictures=[picture(0)])
    ends = [lane["end"] for lane in payload(states, IMAGES[:1], going_on=True)["lanes"]]
    assert ends == ["1 of 1 changed after 1.4 s", "not begun", "not begun"]
    over = race({0: 1.0}, {}, {}, states=("done", "stopped", "done"), pictures=[picture(0)])
    ends = [lane["end"] for lane in payload(over, IMAGES[:1])["lanes"]]
    assert ends == [
        "1 of 1 changed, ended after 1.4 s",
        "0 of 1 changed, stopped after 33 s",
        "0 of 1 changed, gave up after 4 min 4 s",
    ]


def test_a_race_that_goes_on_keeps_its_drawing_and_another_begins_anew() -> None:
    """The browser draws the same id further on, in the same place."""
    early = race({}, {}, {}, seconds=(0.5, 0.0, 0.0), states=("running", "waiting", "waiting"))
    later = race({0: 0.6}, {}, {}, seconds=(0.9, 0.0, 0.0), states=("running", "waiting", "waiting"))
    ids = [payload(one, IMAGES, going_on=True)["id"] for one in (early, later)]
    assert ids[0] == ids[1]
    ids += [payload(RACE, IMAGES)["id"], payload(RACE, IMAGES, showing="again")["id"]]
    assert len(set(ids)) == 3


def test_a_lane_that_has_just_begun_does_not_make_the_axis_logarithmic() -> None:
    slow = lane("malt", {}, 8.0)
    axes = [
        is_logarithmic([slow, lane("autoattack", {}, seconds, state="running")])
        for seconds in (0.1, 1.0, 8.0, 63.0, 65.0, 600.0)
    ]
    assert axes == [False, False, False, False, True, True]


def test_a_race_that_has_not_begun_can_be_drawn() -> None:
    waiting = race({}, {}, {}, seconds=(0.0, 0.0, 0.0), states=("waiting",) * 3)
    first, last = span(waiting.lanes)
    assert 0 < first < last
    json.dumps(payload(waiting, IMAGES, going_on=True), allow_nan=False)


def test_the_script_is_one_module_that_streamlit_can_call() -> None:
    assert "export default function" in script()
    assert "import " not in script()


def _png(record: RaceRecord, images: Sequence[bytes]) -> bytes:
    return png_bytes(drawn_race(record, images))


def test_the_figure_is_a_picture_of_this_very_race() -> None:
    drawn = Image.open(io.BytesIO(_png(RACE, IMAGES)))
    assert (drawn.format, drawn.size) == ("PNG", (1200, 675))
    other = replace(RACE, lanes=(replace(RACE.lanes[0], falls=()), *RACE.lanes[1:]))
    assert _png(other, IMAGES) != _png(RACE, IMAGES)
    dollars = replace(
        RACE, pictures=tuple(replace(one, name=f"$x_{i}$") for i, one in enumerate(RACE.pictures))
    )
    _png(dollars, IMAGES)
    _png(race({}, {}, {}, seconds=(0.4, 0.0, 0.0), states=("stopped", "waiting", "waiting")), IMAGES)
