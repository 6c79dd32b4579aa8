"""What is said of the way: every sentence must be true of what was measured on it."""

import math
from typing import get_args

import pytest

from malt_core.attack_run import way
from malt_core.types import Defence
from tests.attack_run.test_words import already_wrong, failed, run_of

BENT_BEYOND = {"max_deviation": 0.4}
BENT = {"max_deviation": 0.4, "max_deviation_to_crossing": 0.4}


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
            0.44,
            0.437,
            "The straight line expects “wok” to overtake “cat” at 44.0% of the way to the adversarial image; "
            "in truth it does at 43.7%.",
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
    assert way.crossings(run) == says


def test_a_failed_attack_has_no_adversarial_image_to_go_to():
    for predicted in (None, 1.2):
        text = way.crossings(failed(predicted_crossing=predicted))
        assert "way to the closest try" in text
        assert "adversarial" not in text


@pytest.mark.parametrize(
    ("defence", "linearity", "says"),
    [
        ("none", {}, "here the line holds all the same."),
        ("none", BENT_BEYOND, "MALT needs the line up to the boundary only"),
        ("none", BENT, "Here the line that MALT chooses its targets by was a rough guide only."),
        ("adversarial training", {}, "(“mesoscopic almost linearity”), and here it is."),
        ("adversarial training", BENT_BEYOND, "; here it is so up to the boundary."),
        ("adversarial training", BENT, "; here it is not so."),
        ("adversarial training", {"max_deviation": 0.2, "max_deviation_to_crossing": 0.2}, "not quite so."),
    ],
)
def test_which_case_the_picture_shows(defence, linearity, says):
    run = run_of(defence=defence, linearity=linearity)
    assert says in way.network_remark(run)
    assert way.network_remark(run).startswith(f"This network was trained {run.model.trained}")


@pytest.mark.parametrize("defence", get_args(Defence))
def test_nothing_is_said_of_a_margin_that_hardly_falls(defence):
    margins = tuple(2 - 0.03 * t for t in run_of().linearity.t)
    linearity = {"true_margin": margins, "true_crossing": None, "max_deviation": 3.0}
    run = run_of(defence=defence, success=False, linearity=linearity)
    assert "here" not in way.network_remark(run).lower()


def test_how_far_the_slope_turned_at_the_end_of_the_way():
    run = run_of(linearity={"cosine": (1.0, 0.0), "random_cosine": (1.0, math.cos(math.radians(5)))})
    assert "has turned by 90°, after a random change as long by 5°;" in way.slope(run)
    assert way.slope(run) in way.linearity_sentence(run)


def test_no_slope_at_the_original_is_said_so():
    assert "its gradient is zero" in way.slope(run_of(linearity={"drift": (math.inf,)}))


def test_nothing_is_said_of_a_path_that_was_not_gone():
    run = already_wrong()
    for said in (way.linearity_sentence, way.way_sentence, way.crossings, way.slope, way.network_remark):
        assert said(run) == ""
