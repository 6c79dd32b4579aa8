"""The record of a race: what its events say at any moment."""

from __future__ import annotations

from malt_core.attacks.catalogue import AttackId
from malt_core.race.timeline import Span, race_of
from malt_core.race.types import Fell, LaneDone, LineUp, Progress, RaceEvent, StageName

NAMES: tuple[AttackId, ...] = ("malt", "fgsm", "autoattack")
LINE_UP = LineUp(answers=(3, 4, 5), confidences=(0.9, 0.5, None), invalid=(2,))


def progress(lane: AttackId, stage: StageName, seconds: float, robust: int) -> Progress:
    n = round(100 * seconds)
    return Progress(
        lane=lane,
        stage=stage,
        calls=1,
        most=None,
        seconds=seconds,
        n_forward=n,
        n_backward=n,
        robust=robust,
    )


def fell(lane: AttackId, image: int, stage: StageName, seconds: float, robust: int) -> Fell:
    return Fell(
        lane=lane,
        image=image,
        stage=stage,
        into=7,
        survives_png=True,
        seconds=seconds,
        n_forward=9,
        n_backward=9,
        robust=robust,
    )


EVENTS: list[RaceEvent] = [
    LINE_UP,
    progress("malt", "ranking", 0.0, 2),
    progress("malt", "targets", 0.5, 2),
    fell("malt", 1, "targets", 0.7, 1),
    LaneDone(lane="malt", seconds=1.0, n_forward=50, n_backward=60, robust=1, ranks={1: 4}),
    progress("fgsm", "fgsm", 0.0, 2),
    LaneDone(lane="fgsm", seconds=0.1, n_forward=2, n_backward=2, robust=2, ranks={}),
    progress("autoattack", "checks", 0.0, 2),
    progress("autoattack", "apgd-ce", 2.0, 2),
    progress("autoattack", "apgd-ce", 3.0, 2),
]


def test_every_lane_is_told_apart() -> None:
    race = race_of(EVENTS, NAMES, going_on=True)
    malt, fgsm, autoattack = race.lanes
    assert [lane.state for lane in race.lanes] == ["done", "done", "running"]
    assert (malt.seconds, malt.n_forward, malt.n_backward, malt.robust) == (1.0, 50, 60, 1)
    assert (malt.falls[1].seconds, dict(malt.ranks)) == (0.7, {1: 4})
    assert (fgsm.robust, fgsm.falls) == (2, {})
    assert all(lane.standing == 2 for lane in race.lanes), "the third picture has no finite answer"
    assert autoattack.latest == EVENTS[-1]


def test_stages_follow_each_other_without_gaps() -> None:
    malt, _, autoattack = race_of(EVENTS, NAMES, going_on=True).lanes
    assert malt.spans == [Span("ranking", 0.0, 0.5), Span("targets", 0.5, 1.0)]
    assert autoattack.spans == [Span("checks", 0.0, 2.0), Span("apgd-ce", 2.0, 3.0)]


def test_a_race_that_is_over_has_no_running_lane() -> None:
    race = race_of(EVENTS, NAMES, going_on=False)
    assert [lane.state for lane in race.lanes] == ["done", "done", "stopped"]
    early = race_of(EVENTS[:4], NAMES, going_on=False)
    assert [lane.state for lane in early.lanes] == ["stopped", "waiting", "waiting"]


def test_every_beginning_of_a_race_can_be_read() -> None:
    for end in range(len(EVENTS) + 1):
        race = race_of(EVENTS[:end], NAMES, going_on=True)
        assert (race.line_up is None) == (end == 0)
        for lane in race.lanes:
            assert lane.robust == lane.standing - len(lane.falls)
            assert not lane.spans or lane.spans[-1].end == lane.seconds
