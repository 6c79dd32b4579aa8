"""Sentences about races, over every outcome there is: they must be true, and say the numbers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from malt_core.race import words
from malt_core.race.timeline import ENSEMBLE, race_of
from malt_core.race.types import Progress
from tests.race.records import lane, picture, race, record
from tests.race.test_timeline import EVENTS, NAMES, progress

FELL = {0: 0.2, 1: 0.3}


def test_malt_last_to_fool_and_first_to_give_up() -> None:
    """The race of issue 23: "177 times" must not stand alone where MALT comes last."""
    said = words.headline(
        race({0: 0.1, 1: 0.62}, {0: 0.1, 1: 0.27}, {0: 0.3, 1: 0.48}, seconds=(1.4, 33.0, 244.0))
    )
    assert said == (
        "All three attacks fooled the network on the same 2 of 4 pictures (not on flower and cup). First "
        "through with these: Naive targeting (0.27 s), then AutoAttack (0.48 s), then MALT (0.62 s). Each "
        "gave up on the rest: MALT after 1.4 s, Naive targeting after 33 s, AutoAttack after 4 min 4 s, 174 "
        "times as long as MALT."
    )


def test_malt_first() -> None:
    said = words.headline(race({0: 0.1, 1: 0.2}, {0: 0.1, 1: 3.0}, {0: 0.3, 1: 50.0}))
    assert (
        "First through with these: MALT (0.20 s), then Naive targeting (3.0 s), then AutoAttack (50 s)"
        in said
    )


def test_nobody_fooled() -> None:
    said = words.headline(race({}, {}, {}))
    assert said.startswith(
        "None of the attacks fooled the network on any of the 4 pictures. Each gave up: MALT"
    )
    assert "First" not in said
    one = words.headline(race({}, {}, {}, pictures=[picture(0)]))
    assert one.startswith("None of the attacks fooled the network. Each gave up: ")


def test_all_fooled_at_once() -> None:
    falls = dict.fromkeys(range(4), 0.05)
    said = words.headline(race(falls, falls, falls, seconds=(0.05, 0.051, 9.0)))
    assert said.startswith(
        "All three attacks fooled the network on all 4 pictures. That took all about as long: "
    )
    assert "gave up" not in said
    assert "Each was through: MALT after 0.05 s" in said


def test_a_lane_that_was_stopped_or_never_began_is_not_compared() -> None:
    for states in itertools.product(("done", "stopped", "waiting"), repeat=3):
        if set(states) == {"done"}:
            continue
        said = words.headline(race(FELL, FELL, FELL, states=states))
        assert "times as long" not in said
        assert "First" not in said
        assert said.count("was stopped after") == states.count("stopped")
        assert said.count("did not get to start") == states.count("waiting")
        assert said.count("fooled the network on 2 of 4 pictures") == 3 - states.count("waiting")


def subsets(n: int) -> list[dict[int, float]]:
    return [
        {i: 0.1 * (i + 1) for i in chosen}
        for k in range(n + 1)
        for chosen in itertools.combinations(range(n), k)
    ]


def test_who_fooled_what_is_true_of_every_outcome() -> None:
    pictures = [picture(i) for i in range(2)]
    for falls in itertools.product(subsets(2), repeat=3):
        said = words.headline(race(*falls, pictures=pictures))
        fell = set().union(*falls)
        alike = all(set(one) == fell for one in falls)
        assert ("All three attacks" in said) == (alike and bool(fell)), said
        assert ("None of the attacks" in said) == (not fell), said
        assert ("on all 2 pictures" in said) == (alike and len(fell) == 2), said
        full = sum(set(one) == fell for one in falls) if fell else 0
        assert ("alone changed every" in said) == (full == 1), said
        if fell and not alike:
            for title, one in zip(("MALT", "Naive targeting", "AutoAttack"), falls, strict=True):
                assert f"{title} on {len(one) or 'none'}" in said, said


def test_one_picture() -> None:
    pictures = [picture(0)]
    said = words.headline(race({0: 0.1}, {}, {0: 2.0}, pictures=pictures))
    assert said.startswith("MALT and AutoAttack fooled the network, Naive targeting did not.")
    assert "First there: MALT (0.10 s), then AutoAttack (2.0 s)." in said


@pytest.mark.parametrize(
    ("malt", "autoattack", "said"),
    [
        (1.0, 26.4, "AutoAttack after 26 s, 26 times as long as MALT."),
        (2.0, 4.6, "AutoAttack after 4.6 s, 2.3 times as long as MALT."),
        (2.0, 2.1, "AutoAttack after 2.1 s."),
        (9.0, 3.0, "AutoAttack after 3.0 s; MALT was slower by a factor of 3.0."),
        (0.0, 3.0, "AutoAttack after 3.0 s."),
    ],
)
def test_times_are_compared_in_either_direction(malt: float, autoattack: float, said: str) -> None:
    assert words.headline(race(FELL, FELL, FELL, seconds=(malt, 1.0, autoattack))).endswith(said)


@pytest.mark.parametrize(
    ("truth", "phrase"),
    [
        ("right", "fooled the network"),
        ((5,), "changed the network's answer"),
        (None, "changed the network's answer"),
    ],
)
def test_only_a_network_that_was_right_is_fooled(truth, phrase: str) -> None:
    pictures = [picture(0), picture(1, truth=truth)]
    assert words.deed(race(FELL, FELL, FELL, pictures=pictures)) == phrase


def test_from_one_right_answer_to_another_is_no_fooling() -> None:
    assert (
        words.deed(race(FELL, FELL, FELL, pictures=[picture(0), picture(1, truth=(1, 7))]))
        != "fooled the network"
    )


def test_wrong_guessed_and_unknown_answers_are_named() -> None:
    assert words.answers(race(FELL, FELL, FELL)) == ""
    pictures = [
        picture(0, truth=(5,)),
        picture(1, truth=()),
        picture(2, truth=None),
        picture(3, confidence=0.07),
    ]
    said = words.answers(race(FELL, FELL, FELL, pictures=pictures))
    assert (
        "wrong from the start about cat (“class 0”, 90% sure) and rocket (“class 1”, 90% sure; it has no word"
        in said
    )
    assert "guessing at cup: less than 20% sure" in said
    assert "right about flower (“class 2”, 90% sure) nobody has said" in said


def test_the_answer_to_a_picture() -> None:
    assert words.answer(picture(0)) == "class 0 (90%)"
    assert words.answer(picture(1, truth=(5,), confidence=0.07)) == "class 1 (a guess, 7%, wrong)"
    assert words.answer(picture(2, truth=None)) == "class 2 (90%)"
    assert words.answer(picture(3, finite=False)) == "no finite answer"


def test_the_fate_of_each_picture() -> None:
    pictures = [picture(0), picture(1, truth=(7,)), picture(2, truth=()), picture(3, finite=False)]
    malt = lane("malt", {0: 0.1, 1: 75.0}, 80.0, pictures=pictures, rank=3)
    told = record(malt, lane("pgd", {}, 1.0, invalid=(0,)), lane("autoattack", {}, 1.0), pictures)

    def fate(place: int, i: int) -> str:
        return words.fate(told.lanes[place], i, told)

    assert fate(0, 0) == "class 7 · target 3 · 0.10 s"
    assert fate(0, 1) == "class 7 · target 3 · 75 s · wrong before, right now"
    assert fate(0, 2) == "unchanged · wrong from the start"
    assert fate(0, 3) == "no finite answer"
    assert fate(1, 0) == "no finite answer nearby"
    assert fate(2, 0) == "withstood"
    for state, said in (("stopped", "unchanged when stopped"), ("running", "unchanged"), ("waiting", "–")):
        assert words.fate(replace(told.lanes[2], state=state), 0, told) == said
    png = replace(malt.falls[0], survives_png=False, rank=None, stage="fab-t")
    assert words.fate(replace(malt, falls=(png,)), 0, told) == "class 7 · FAB-T · 0.10 s · not as a PNG"


def test_pictures_without_a_finite_answer() -> None:
    pictures = [picture(0, finite=False), picture(1)]
    told = record(*(lane(name, {}, 1.0) for name in ("malt", "pgd", "autoattack")), pictures)
    assert words.invalid(told) == "For cat its scores are not finite numbers, so no attack touched it."
    none = replace(told, pictures=(picture(0, finite=False),))
    assert "nothing to race for" in words.headline(none)


def test_progress_has_words_at_every_moment_and_never_goes_back() -> None:
    said = [words.progress(race_of(EVENTS[:end], NAMES, going_on=True)) for end in range(len(EVENTS) + 1)]
    shares = [share for share, _ in said]
    assert shares == sorted(shares)
    assert 0 == shares[0] < shares[-1] < 1
    sentences = [sentence for _, sentence in said]
    assert "looks at the pictures" in sentences[0]
    assert sentences[1] == "Attack 1 of 3, MALT, begins …"
    assert "Attack 1 of 3, MALT: aiming at targets. 0.70 s" in sentences[4]
    assert "answers changed: 1 of 2" in sentences[4]
    assert sentences[5] == "Attack 2 of 3, FGSM, begins …"
    assert "Attack 3 of 3, AutoAttack: APGD-CE" in sentences[-1]


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
    share, said = words.progress(race_of([*EVENTS[:7], latest], NAMES, going_on=True))
    assert "Square, query 1,204 of at most 5,000. 1 min 40 s, 12,000 forward and 3,400 backward" in said
    assert 2.75 / 3 < share < 1
    assert "answers changed: 1 of 2" in said


def test_a_stage_begun_later_is_further_on_and_a_shorter_one_does_not_go_back() -> None:
    events = [progress("autoattack", stage, i, 2) for i, stage in enumerate((*ENSEMBLE, "apgd-ce"))]
    known = [Progress(**{**vars(event), "most": 10}) for event in events]
    shares = [
        words.progress(race_of([*EVENTS[:7], *known[:end]], NAMES, going_on=True))[0]
        for end in range(1, len(known) + 1)
    ]
    assert shares == sorted(shares)
    assert len(set(shares)) == 4
