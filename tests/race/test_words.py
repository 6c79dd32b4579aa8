"""Sentences about races, over every outcome there is: they must be true, and say the numbers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection

import pytest

from malt_core.race import words as race_words
from malt_core.race.timeline import Lane, Race, race_of
from malt_core.race.types import Fell, LineUp, Progress
from tests.race.test_timeline import EVENTS, NAMES, fell, progress

CLASSES = tuple(f"class {i}" for i in range(10))
PICTURES = ("cat", "rocket", "flower", "cup")


def lane(name: str, fallen: Collection[int], standing: int, *, seconds: float = 1.0, state: str = "done"):
    falls = {i: fell(name, i, "targets", 0.1, 0) for i in fallen}
    return Lane(name, standing, state, seconds, 10, 10, standing - len(falls), falls=falls)


def race(
    malt: Collection[int],
    autoattack: Collection[int],
    standing: int,
    *,
    wrong: int = 0,
    seconds: tuple[float, float] = (1.0, 9.0),
) -> Race:
    labels = tuple(range(standing + wrong))
    clean = tuple(range(standing)) + (9,) * wrong
    lanes = (
        lane("malt", malt, standing, seconds=seconds[0]),
        lane("pgd", (), standing),
        lane("autoattack", autoattack, standing, seconds=seconds[1]),
    )
    return Race(LineUp(labels=labels, clean=clean), lanes)


def subsets(n: int) -> list[tuple[int, ...]]:
    return [chosen for k in range(n + 1) for chosen in itertools.combinations(range(n), k)]


@pytest.mark.parametrize("standing", [2, 3])
def test_who_fooled_what_is_true_of_every_outcome(standing: int) -> None:
    for malt, autoattack in itertools.product(subsets(standing), repeat=2):
        said = race_words.headline(race(malt, autoattack, standing), PICTURES)
        same = malt == autoattack
        assert ("both" in said) == (same and bool(malt)), said
        assert ("Neither" in said) == (not malt and not autoattack), said
        assert ("all" in said) == (same and len(malt) == standing), said
        if not same:
            assert f"on {len(malt)} of {standing} pictures, AutoAttack on {len(autoattack)}:" in said
        for mine, theirs, name in ((malt, autoattack, "MALT"), (autoattack, malt, "AutoAttack")):
            alone = [PICTURES[i] for i in mine if i not in theirs]
            found = re.search(rf"only {name} did on ([\w, ]+?)(?: and only|\.)", said)
            assert (found.group(1) if found else "") == (race_words.listed(alone) if alone else ""), said


def test_one_picture() -> None:
    outcomes = {
        ((0,), (0,)): "MALT and AutoAttack both fooled the network.",
        ((0,), ()): "MALT fooled the network, AutoAttack did not.",
        ((), (0,)): "AutoAttack fooled the network, MALT did not.",
        ((), ()): "Neither MALT nor AutoAttack fooled the network.",
    }
    for (malt, autoattack), sentence in outcomes.items():
        assert race_words.headline(race(malt, autoattack, 1), PICTURES[:1]).startswith(sentence)


@pytest.mark.parametrize(
    ("malt", "autoattack", "words"),
    [
        (1.0, 26.4, "MALT took 1.0 s, AutoAttack 26 s: 26 times as long."),
        (2.0, 4.6, "MALT took 2.0 s, AutoAttack 4.6 s: 2.3 times as long."),
        (2.0, 2.1, "MALT took 2.0 s, AutoAttack 2.1 s: about the same."),
        (9.0, 3.0, "here MALT was the slower one, by a factor of 3.0."),
    ],
)
def test_times_are_compared_in_either_direction(malt: float, autoattack: float, words: str) -> None:
    assert words in race_words.headline(race((0,), (0,), 2, seconds=(malt, autoattack)), PICTURES)


@pytest.mark.parametrize(("count", "words"), [(1, "the picture wrong"), (3, "every picture wrong")])
def test_nothing_to_race_for(count: int, words: str) -> None:
    nothing = race((), (), 0, wrong=count)
    assert words in race_words.headline(nothing, PICTURES[:count])
    assert race_words.wrong(nothing, PICTURES, CLASSES).endswith("them." if count > 1 else "it.")


def test_misclassified_pictures_are_named() -> None:
    said = race_words.wrong(race((), (), 2, wrong=2), PICTURES, CLASSES)
    assert "flower (it says “class 9”) and cup (it says “class 9”)" in said
    assert "cat" not in said
    assert race_words.wrong(race((), (), 2), PICTURES, CLASSES) == ""
    assert race_words.wrong(Race(None, ()), PICTURES, CLASSES) == ""


def test_a_lane_that_was_stopped_or_never_began_is_not_compared() -> None:
    for malt, autoattack in itertools.product(("done", "stopped", "waiting"), repeat=2):
        if malt == autoattack == "done":
            continue
        stopped = race((0,), (), 2)
        stopped.lanes[0].state, stopped.lanes[2].state = malt, autoattack
        said = race_words.headline(stopped, PICTURES)
        assert "times as long" not in said
        assert said.count("stopped after") == [malt, autoattack].count("stopped")
        assert said.count("did not get to start") == [malt, autoattack].count("waiting")
    assert "before the network" in race_words.headline(Race(None, ()), PICTURES)


def test_what_came_after_autoattacks_last_success() -> None:
    finished = race((0, 1), (0, 1), 2)
    assert "after 0.10 s" in race_words.overtime(finished)
    assert "to the end of the attack" in race_words.overtime(finished)
    assert "with what was left" in race_words.overtime(race((0,), (0,), 2))
    assert race_words.overtime(race((0,), (0,), 2, seconds=(1.0, 0.15))) == ""
    assert race_words.overtime(race((0,), (), 2)) == ""
    finished.lanes[2].state = "stopped"
    assert race_words.overtime(finished) == ""


def test_the_fate_of_each_picture() -> None:
    finished = race((0,), (0, 1), 2, wrong=1)
    malt, _, autoattack = finished.lanes
    malt.ranks = {0: 3}

    def fate(lane: Lane, image: int) -> str:
        return race_words.fate(lane, image, finished, CLASSES)

    assert fate(malt, 0) == "class 7 · target 3 · 0.10 s"
    assert fate(malt, 1) == "withstood"
    assert fate(malt, 2) == "misclassified anyway"
    autoattack.falls[1] = Fell(
        lane="autoattack",
        image=1,
        stage="fab-t",
        into=2,
        survives_png=False,
        seconds=75.0,
        n_forward=1,
        n_backward=1,
        robust=0,
    )
    assert fate(autoattack, 1) == "class 2 · FAB-T · 75 s · not as a PNG"
    for state, words in (("stopped", "stood when stopped"), ("running", "stands"), ("waiting", "–")):
        malt.state = state
        assert fate(malt, 1) == words


def test_progress_has_words_at_every_moment() -> None:
    said = [
        race_words.progress(race_of(EVENTS[:end], NAMES, going_on=True)) for end in range(len(EVENTS) + 1)
    ]
    assert all(0 <= share <= 1 for share, _ in said)
    sentences = [sentence for _, sentence in said]
    assert "looks at the pictures" in sentences[0]
    assert sentences[1] == "Lane 1 of 3, MALT, begins …"
    assert "Lane 1 of 3, MALT: aiming at targets. 0.70 s" in sentences[4]
    assert sentences[5] == "Lane 2 of 3, FGSM, begins …"
    assert "Lane 3 of 3, AutoAttack: APGD-CE" in sentences[-1]


def test_square_counts_queries() -> None:
    latest = Progress(
        lane="autoattack",
        stage="square",
        calls=1203,
        most=5000,
        seconds=100.0,
        n_forward=12_000,
        n_backward=3400,
        robust=1,
    )
    share, said = race_words.progress(race_of([*EVENTS[:7], latest], NAMES, going_on=True))
    assert "Square, query 1,204 of at most 5,000. 1 min 40 s, 12,000 forward and 3,400 backward" in said
    assert 0.75 < share < 1
    assert "1 of 2 pictures stand" in said


def test_a_stage_begun_later_is_further_on() -> None:
    stages = [progress("autoattack", stage, i, 2) for i, stage in enumerate(race_words.ENSEMBLE)]
    shares = []
    for event in stages:
        known = Progress(**{**vars(event), "most": 10})
        shares.append(race_words.progress(race_of([*EVENTS[:7], known], NAMES, going_on=True))[0])
    assert shares == sorted(shares)
    assert len(set(shares)) == 4
