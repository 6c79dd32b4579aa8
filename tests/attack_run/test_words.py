"""Every sentence, for every kind of run: what it says must be true of that run, and be English."""

import math
import re
from dataclasses import replace
from typing import get_args

import pytest

from malt_core import formatting
from malt_core.attack_run import words
from malt_core.attack_run.record import record_of
from malt_core.attack_run.types import AttackRun, Likeness
from malt_core.attacks.types import TargetDone
from malt_core.linearity.words import straightness
from malt_core.types import Defence
from tests.helpers.example_run import example_run

CLASSES = ("cat", "wok", "espresso", *(f"class {i}" for i in range(3, 12)))


def run_of(
    *, linearity: dict | None = None, config: dict | None = None, defence="none", **result
) -> AttackRun:
    """A success from "cat" to "wok" in 7 steps of 4/255, with what a test says otherwise."""
    run = example_run(classes=CLASSES)
    usual = {
        "label": 0,
        "clean_index": 0,
        "clean_confidence": 0.87,
        "already_wrong": False,
        "success": True,
        "adversarial_index": 1,
        "survives_png": True,
        "steps": 7,
        "steps_total": 12,
        "perturbation_norm": 4 / 255,
        "attempts": (TargetDone(target=1, order=1, round=1, steps=7, fooled=True, reached=True),),
    }
    path = {"target": 1, "r2": 0.98, "max_deviation": 0.09, "predicted_crossing": 0.59, "true_crossing": 0.54}
    return replace(
        run,
        model=replace(run.model, defence=defence),
        config=replace(run.config, **{"eps": 4 / 255, **(config or {})}),
        result=replace(run.result, **usual | result),
        linearity=replace(run.linearity, **path | (linearity or {})),
    )


def already_wrong() -> AttackRun:
    """A picture of a wok that the model takes for a cat."""
    run = run_of(already_wrong=True, success=False, label=1, adversarial_index=0, clean_confidence=0.9996)
    return replace(run, linearity=None)


def failed(**linearity) -> AttackRun:
    # The first is attacked in two rounds.
    attempts = tuple(
        TargetDone(target=i, order=i, round=round, steps=100, fooled=False, reached=False)
        for i, round in ((1, 1), (2, 1), (1, 2))
    )
    given = {"predicted_crossing": None, "true_crossing": None} | linearity
    return run_of(
        success=False,
        adversarial_index=0,
        survives_png=False,
        steps_total=1200,
        attempts=attempts,
        linearity=given,
    )


def unsaved(eps: float) -> AttackRun:
    return run_of(survives_png=False, config={"eps": eps}, perturbation_norm=eps)


L2 = {"norm": "l2", "eps": 0.5}
KINDS = {
    "success": run_of(),
    "robust": run_of(defence="adversarial training"),
    "at the start": run_of(steps=0),
    "failure": failed(),
    "wrong already": already_wrong(),
    "not as PNG": unsaved(4 / 255),
    "below a step": unsaved(0.6 / 255),
    "l2": run_of(config=L2, perturbation_norm=0.434),
    "l2 failure": replace(failed(), config=replace(run_of().config, norm="l2", eps=0.5)),
    "not falling": failed(max_deviation=math.inf),
    "bent": run_of(linearity={"max_deviation": 3.2, "r2": -44.0, "predicted_crossing": None}),
}


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("success", "“cat” became “wok” in 7 steps; no colour value changed by more than 4/255."),
        ("robust", "“cat” became “wok” in 7 steps; no colour value changed by more than 4/255."),
        (
            "at the start",
            "“cat” became “wok” at the random start, before the first step; no colour value changed by "
            "more than 4/255.",
        ),
        (
            "failure",
            "No adversarial example found within 4/255: after 2 target classes and 1,200 steps the model "
            "still says “cat”.",
        ),
        (
            "wrong already",
            "Without any attack the model says “cat” (over 99.9%), not “wok”. So there was nothing to "
            "attack.",
        ),
        (
            "l2",
            "“cat” became “wok” in 7 steps; the whole change has length 0.434 (at most 0.5 allowed).",
        ),
        (
            "l2 failure",
            "No adversarial example found within a change of length 0.5: after 2 target classes and 1,200 "
            "steps the model still says “cat”.",
        ),
    ],
)
def test_the_result_in_a_sentence(kind, says):
    assert words.sentence(KINDS[kind]) == says


def test_one_of_a_kind_is_singular():
    assert words.sentence(run_of(steps=1)).startswith("“cat” became “wok” in 1 step;")
    one = replace(failed().result, attempts=failed().result.attempts[:1], steps_total=1)
    assert "after 1 target class and 1 step the model" in words.sentence(replace(failed(), result=one))


def test_what_the_image_became_counts_not_what_was_aimed_at():
    run = run_of(adversarial_index=2)
    assert run.result.target.index != 2
    assert words.sentence(run).startswith("“cat” became “espresso”")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("success", "Saved as a PNG, the changed picture still fools the model."),
        ("failure", "The pictures show the closest try; it does not fool the model."),
        ("wrong already", "Choose another picture, or attack the model's own answer."),
        (
            "not as PNG",
            "Saved as a PNG, the changed picture no longer fools the model: a PNG holds whole steps of 1/255 "
            "only, and rounding to them undoes the attack.",
        ),
        (
            "below a step",
            "No PNG can hold this change: within ε there is no picture of whole steps of 1/255 but the "
            "original. The exact numbers are kept as float32, in a .npy file; the smallest ε that a PNG can "
            "hold is 1/255.",
        ),
    ],
)
def test_whether_the_file_fools_the_model(kind, says):
    assert words.png_sentence(KINDS[kind]) == says


def test_within_a_small_l2_radius_no_colour_value_can_change_by_a_whole_step_either():
    run = run_of(survives_png=False, config={"norm": "l2", "eps": 0.003})
    assert words.png_sentence(run).endswith("the smallest ε that a PNG can hold is 0.00392.")


AIM = {"config": {"target": 1}}


def test_an_aimed_attack_says_whether_it_got_there():
    assert words.sentence(run_of(**AIM, reached=True)) == (
        "“cat” became “wok”, as was asked for, in 7 steps; no colour value changed by more than 4/255."
    )
    assert words.sentence(run_of(**AIM, reached=False, adversarial_index=2)) == (
        "“cat” was to become “wok” and became “espresso” instead, after 12 steps; no colour value changed by "
        "more than 4/255."
    )
    missed = failed()
    missed = replace(missed, config=replace(missed.config, target=1))
    assert words.sentence(missed) == (
        "No way to “wok” found within 4/255: after 1,200 steps the model still says “cat”."
    )


@pytest.mark.parametrize(
    ("largest", "ssim", "says"),
    [
        (
            1 / 255,
            0.5,
            "Hardly visible: largest change of a colour value 1/255, structural similarity (SSIM)",
        ),
        (4 / 255, 0.993, "Hardly visible: "),
        (4 / 255, 0.989, "Visible if one looks for it: largest change of a colour value 4/255, "),
        (8 / 255, 0.93, "Plain to see: "),
        (4 / 255, None, "Plain to see: largest change of a colour value 4/255."),
    ],
)
def test_whether_the_change_is_to_be_seen(largest, ssim, says):
    run = replace(run_of(), likeness=Likeness(largest_change=largest, ssim=ssim))
    assert words.visibility(record_of(run)).startswith(says)


def test_what_one_step_takes_is_explained():
    run = run_of(steps=1, steps_total=1, n_backward=103)
    record = replace(record_of(run), n_candidates=99)
    assert words.cost(record) == (
        "1 step, 103 backward passes: most of them went into ranking 99 classes, ahead of the first step."
    )
    assert words.cost(replace(record, steps_total=600, n_backward=720)) == (
        "600 steps, 720 backward passes, those for ranking 99 classes included."
    )


@pytest.mark.parametrize(
    ("deviation", "r2", "says"),
    [
        (0.0, 1.0, "Almost straight: the straight line is off by less than 0.1%"),
        (0.004, 0.9999, "Almost straight: the straight line is off by at most 0.4% of the margin's drop"),
        (0.09, 0.98, "at most 9% of the margin's drop (R² 0.98; 1 is a perfect line)."),
        (0.1, 0.9, "Almost straight: "),
        (0.101, 0.9, "Slightly bent: "),
        (0.25, 0.8, "Slightly bent: "),
        (0.26, 0.8, "Not straight: "),
        (0.59, -0.88, "off by at most 59% of the margin's drop (R² −0.88; 1 is a perfect line)."),
        (31.2, -500.0, "off by at most 3,120% of the margin's drop (R² far below 0; 1 is a perfect line)."),
        (math.inf, 0.5, "The margin did not fall along this path"),
    ],
)
def test_how_straight_it_was(deviation, r2, says):
    report = run_of(linearity={"max_deviation": deviation, "r2": r2}).linearity
    assert says in straightness(report)


@pytest.mark.parametrize(
    ("predicted", "true", "says"),
    [
        (
            0.59,
            0.54,
            "The straight line expects “wok” to overtake “cat” at 59% of the way to the adversarial image; "
            "in truth it does at 54%.",
        ),
        (
            None,
            0.76,
            "The straight line does not expect “wok” to overtake “cat” before 150% of the way to the "
            "adversarial image; in truth it does at 76%.",
        ),
        (
            1.2,
            None,
            "The straight line expects “wok” to overtake “cat” at 120% of the way to the adversarial image; "
            "in truth it does not before 150%.",
        ),
        (
            None,
            None,
            "“wok” overtakes “cat” neither by the straight line nor in truth, as far as the path was "
            "followed: 150% of the way to the adversarial image.",
        ),
    ],
)
def test_where_the_boundary_is_crossed(predicted, true, says):
    run = run_of(linearity={"predicted_crossing": predicted, "true_crossing": true})
    assert words.crossings(run) == says


def test_a_failed_attack_has_no_adversarial_image_to_go_to():
    for predicted in (None, 1.2):
        text = words.crossings(failed(predicted_crossing=predicted))
        assert "way to the closest try" in text
        assert "adversarial" not in text


def test_which_case_the_picture_shows():
    bent = {"max_deviation": 0.4}
    assert "Here, too, it bends." in words.scale(run_of(linearity=bent))
    assert "Here, even so, it is almost straight." in words.scale(run_of())
    below = {"config": {"eps": 0.5 / 255}, "perturbation_norm": 0.5 / 255}
    assert "This change is such a fraction." in words.scale(run_of(**below))
    assert "Here it bends even over that." in words.scale(run_of(**below, linearity=bent))
    assert "This picture is a case of it." in words.scale(run_of(defence="adversarial training"))
    assert "This picture is an exception." in words.scale(
        run_of(defence="adversarial training", linearity=bent)
    )
    for defence in get_args(Defence):
        run = run_of(defence=defence, linearity={"max_deviation": math.inf})
        text = words.scale(run)
        assert "Here" not in text
        assert "This picture" not in text
        assert run.model.robust or f"This network was trained {run.model.trained}." in text
        assert ("without any defence" in text) == (defence == "none")


def test_how_far_the_slope_turned_at_the_end_of_the_way():
    run = run_of(linearity={"drift": (0.1, 3.042), "random_drift": (0.01, 0.314)})
    assert "differs from the first by 3.0 times its length;" in words.drift(run)
    assert words.drift(run).endswith("after a random change as long, by 31% of its length.")
    assert words.drift(run) in words.linearity_sentence(run)


def test_no_slope_at_the_original_is_said_so():
    assert "its gradient is zero" in words.drift(run_of(linearity={"drift": (math.inf,)}))


def test_nothing_is_said_of_a_path_that_was_not_gone():
    run = already_wrong()
    assert words.visibility(record_of(run)) == words.cost(record_of(run)) == ""
    assert words.linearity_sentence(run) == ""
    assert words.crossings(run) == ""
    assert words.drift(run) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_all_sentences_are_well_formed(kind):
    run = KINDS[kind]
    for text in (words.sentence(run), words.png_sentence(run), words.linearity_sentence(run)):
        if not text:
            assert run.linearity is None
            continue
        assert text.endswith(".")
        assert "  " not in text
        assert not re.search(r"\b(nan|inf|None|linf|eps)\b|-\d", text)
        assert text.count("“") == text.count("”")
        for sentence in re.split(r"(?<=[.]) ", text):
            assert sentence[0].isupper() or sentence[0] == "“", sentence


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (1.0, "over 99.9%"),
        (0.9996, "over 99.9%"),
        (0.9994, "99.9%"),
        (0.99, "99.0%"),
        (0.98, "98%"),
        (0.5, "50%"),
        (0.015, "2%"),
        (0.0123, "1.2%"),
    ],
)
def test_what_is_nearly_certain_is_not_called_certain(probability, text):
    assert formatting.percent(probability) == text


@pytest.mark.parametrize(
    ("value", "norm", "text"),
    [
        (4 / 255, "linf", "4/255"),
        (0.6 / 255, "linf", "0.6/255"),
        (1.0, "linf", "255/255"),
        (0.5, "l2", "0.5"),
    ],
)
def test_lengths(value, norm, text):
    assert formatting.length(value, norm) == text
