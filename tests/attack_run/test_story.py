"""The result as a story: nothing that was wrong from the start is called fooled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from malt_core.attack_run.record import RunRecord, read_record
from malt_core.attack_run.story import headline, told
from malt_core.attacks.outcome import Truth
from malt_core.types import NamedClass, PredictedClass

RECORDS = Path(__file__).parent / "records"
ORANGE, PEPPER, LEMON = 10, 11, 12
NAMES = {ORANGE: "orange", PEPPER: "bell pepper", LEMON: "lemon"}


def record(*, before: int = ORANGE, after: int = PEPPER, sure: float = 0.9, **fields: object) -> RunRecord:
    stored = read_record(RECORDS / "fooled.json")
    was = PredictedClass(index=before, name=NAMES[before], confidence=sure)
    now = PredictedClass(index=after, name=NAMES[after], confidence=0.7)
    return replace(stored, clean_label=was, adversarial_label=now, success=before != after, **fields)


@pytest.mark.parametrize(
    ("truth", "after", "words"),
    [
        ({ORANGE}, PEPPER, "Fooled: “orange” became “bell pepper”."),
        ({PEPPER}, PEPPER, "Corrected, not fooled: “orange” became “bell pepper”, and that is right."),
        ({LEMON}, PEPPER, "From one wrong answer to another: “orange” became “bell pepper”."),
        (frozenset(), PEPPER, "From one wrong answer to another: “orange” became “bell pepper”."),
        ({ORANGE, PEPPER}, PEPPER, "Right before and after: “orange” became “bell pepper”, and the picture"),
        (None, PEPPER, "“orange” became “bell pepper”."),
        ({ORANGE}, ORANGE, "Withstood: the network still says “orange”."),
        (None, ORANGE, "Withstood: the network still says “orange”."),
        ({LEMON}, ORANGE, "Wrong from the start, and still: “orange”."),
    ],
)
def test_the_headline_follows_from_the_truth(truth: Truth, after: int, words: str) -> None:
    assert headline(record(after=after), truth).startswith(words)


@pytest.mark.parametrize("truth", [{PEPPER}, {LEMON}, frozenset()])
@pytest.mark.parametrize("after", [ORANGE, PEPPER])
@pytest.mark.parametrize("sure", [0.1, 0.9])
def test_what_was_wrong_is_said_to_be_so_and_not_fooled(truth: Truth, after: int, sure: float) -> None:
    run = record(after=after, sure=sure)
    assert not headline(run, truth).startswith("Fooled")
    assert "wrong without any attack" in told(run, truth)
    assert ("a guess" in told(run, truth)) == (sure < 0.2)


def test_the_tone_follows_how_sure_the_network_was() -> None:
    assert headline(record(sure=0.12), {ORANGE}).startswith("Fooled out of a lucky guess")
    assert headline(record(sure=0.12), None).startswith("A guess turned into another")
    assert "but a guess: 12% sure" in told(record(sure=0.12), None)
    assert "guess" not in headline(record(), {ORANGE}) + told(record(), {ORANGE})


def test_what_was_asked_for_is_reached_or_not() -> None:
    aim = NamedClass(index=LEMON, name="lemon")
    assert headline(record(aim=aim, reached=False), {ORANGE}) == (
        "Fooled: “orange” became “bell pepper”, not “lemon” as was asked for."
    )
    reached = record(after=LEMON, aim=aim, reached=True)
    assert headline(reached, {ORANGE}) == "Fooled: “orange” became “lemon”, as was asked for."


def test_an_unknown_truth_is_asked_for() -> None:
    assert "Fooled, if the first answer was right. Was it?" in told(record(), None)


def test_what_follows_says_how_far_and_what_is_saved() -> None:
    run = record(steps=3, steps_total=3, norm="linf", eps=4 / 255, perturbation_norm=4 / 255)
    words = told(replace(run, survives_png=True), {ORANGE})
    assert words == (
        "Found in 3 steps; no colour value changed by more than 4/255. "
        "Saved as a PNG, the changed picture gets the new answer, too."
    )
    assert "a PNG holds whole steps" in told(replace(run, survives_png=False), {ORANGE})
    assert "No PNG can hold this" in told(replace(run, eps=0.5 / 255, survives_png=False), {ORANGE})
    assert "Found at the random start" in told(replace(run, steps=0), {ORANGE})


def test_a_failure_says_within_what_and_after_how_much() -> None:
    run = record(after=ORANGE, steps_total=900, norm="linf", eps=4 / 255)
    tried = sum(target.tried for target in run.ranking)
    assert f"within 4/255: {tried} wrong class" in told(run, None)
    assert "900 steps" in told(run, None)
    assert "a change of length 0.5" in told(replace(run, norm="l2", eps=0.5), None)


def test_no_answer_is_not_called_another_answer() -> None:
    clean = record(after=ORANGE, refused=True, already_misclassified=True)
    assert headline(clean, {ORANGE}).startswith("Refused: the network gives no answer")
    assert told(clean, {ORANGE}) == "That counts as wrong, so there was nothing to attack."
    assert "refuses the changed picture" in headline(record(after=ORANGE, refused=True), {ORANGE})
    assert headline(record(refused=True), {ORANGE}).startswith("Led to give no answer")
