"""Flags in the lanes of a race, and the second opinion on what all lanes have left."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from malt_core.attacks import second_opinion as opinions
from malt_core.attacks.types import Asking
from malt_core.race import words
from malt_core.race.record import CheckRecord, record_from_bytes, record_to_json
from malt_core.race.replay import payload
from malt_core.race.run import line_up, run_lane, second_opinion
from malt_core.race.timeline import race_of
from malt_core.race.types import Checked, LaneDone, RaceConfig
from malt_core.trust import soundness
from malt_core.trust.flags import flag, of_opinion
from malt_core.trust.opinion import SecondOpinion
from tests.helpers.analytic import InSteps, classes, images, smooth_cnn
from tests.race.records import lane, named, picture, record

CONFIG = RaceConfig(eps=12 / 255)


@pytest.fixture(autouse=True)
def few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opinions, "QUERIES", 40)


def test_lanes_carry_what_the_trial_and_the_attack_found(monkeypatch: pytest.MonkeyPatch) -> None:
    tried, seen = soundness.try_out, flag("randomised", "It answers otherwise.")
    monkeypatch.setattr(soundness, "try_out", lambda *given: replace(tried(*given), flags=(seen,)))
    model, x = InSteps(smooth_cnn()), images(2)
    lined_up = line_up(model, x)
    opinion = ["black-box-wins", "unbounded-fails"]
    for attack, codes in (("fgsm", ["randomised"]), ("malt", [*opinion, "randomised"])):
        *_, done = run_lane(attack, model, x, lined_up, CONFIG)
        assert isinstance(done, LaneDone)
        assert [flag.code for flag in done.flags][: len(codes)] == codes
        assert (done.second_opinion is not None) == (attack == "malt")
        assert race_of([lined_up, done], [attack], going_on=False).lanes[0].flags == done.flags


def test_what_all_have_left_is_asked_about() -> None:
    model, x = InSteps(smooth_cnn()), images(3)
    lined_up = line_up(model, x)
    *asking, checked = second_opinion(model, x, lined_up, [1, 2], CONFIG)
    assert all(isinstance(event, Asking) for event in asking)
    assert isinstance(checked, Checked)
    assert checked.opinion.images == (1, 2)
    assert set(checked.into) == set(checked.opinion.fooled)
    assert checked.into
    assert all(answer != lined_up.answers[i] for i, answer in checked.into.items())
    assert classes(model, x).tolist() == list(lined_up.answers), "the network is as it was"


def test_the_record_says_it_first_and_no_picture_withstood_without_a_word() -> None:
    lanes = [lane(attack, {}, 1.0) for attack in ("malt", "pgd", "autoattack")]
    found = record(*lanes, [picture(0), picture(1)])
    assert found.left == (0, 1)
    assert found.unasked
    assert words.fate(found.lanes[0], 0, found) == "withstood"
    opinion = SecondOpinion(
        queries=40, images=(0, 1), fooled=(1,), unbounded_failed=(0,), n_forward=9, n_backward=3, seconds=1.0
    )
    check = CheckRecord(opinion=opinion, answers=(named(7),), flags=of_opinion(opinion))
    told = replace(found, check=check)
    head = words.headline(told)
    first = "A second opinion, without gradients, changed what all attacks had left: rocket (“class 7”)."
    assert head.startswith(first)
    assert "What is left need not be robust: there are flags." in head
    assert words.fate(told.lanes[0], 0, told) == "unchanged, but flagged"
    assert not told.unasked
    drawn = [payload(one, [b"", b""])["pictures"][0]["kept"] for one in (found, told)]
    assert drawn == ["withstood", "flagged"]
    content = record_to_json(told)
    assert record_from_bytes(json.dumps(content).encode(), "race.json") == told
    del content["check"]
    for one in content["lanes"]:
        del one["flags"], one["second_opinion"]
    assert record_from_bytes(json.dumps(content).encode(), "race.json") == found
