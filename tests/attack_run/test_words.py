"""Every sentence, for every kind of run: what it says must be true of that run, and be English."""

import math
import re
from dataclasses import replace

import pytest

from malt_core import formatting
from malt_core.attack_run import way, words
from malt_core.attack_run.record import record_of
from malt_core.attack_run.types import AttackRun, Likeness
from malt_core.attacks.types import RankedTarget, TargetDone
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
    path = {
        "target": 1,
        "r2_to_crossing": 0.999,
        "max_deviation_to_crossing": 0.02,
        "r2": 0.98,
        "max_deviation": 0.09,
        "predicted_crossing": 0.59,
        "true_crossing": 0.54,
    }
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
    ("confidence_ranks", "distances", "says"),
    [
        ((1, 2), (1, 2), ""),
        (
            (3, 1),
            (1.5, 2.5),
            "MALT's first target, “wok”, is only number 3 among the likeliest wrong answers: it is predicted "
            "to be 1.5/255 away, the likeliest, “espresso”, 2.5/255 away.",
        ),
        ((2, 1), (1.5, math.inf), "the likeliest, “espresso”, out of reach."),
    ],
)
def test_that_the_nearest_is_not_the_likeliest_is_pointed_out(confidence_ranks, distances, says):
    ranking = tuple(
        RankedTarget(
            index=i, rank=i, confidence_rank=c, margin=1.0, gradient_norm=1.0, predicted_distance=d / 255
        )
        for i, (c, d) in enumerate(zip(confidence_ranks, distances, strict=True), start=1)
    )
    run = run_of(ranking=ranking)
    said = words.first_target(record_of(run))
    assert said.endswith(says)
    assert bool(said) == bool(says)
    naive = replace(run, config=replace(run.config, targeting="naive"))
    assert words.first_target(record_of(naive)) == words.first_target(record_of(already_wrong())) == ""


def test_nothing_is_said_of_a_path_that_was_not_gone():
    run = already_wrong()
    assert words.visibility(record_of(run)) == words.cost(record_of(run)) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_all_sentences_are_well_formed(kind):
    run = KINDS[kind]
    for text in (words.sentence(run), way.linearity_sentence(run)):
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
