"""What a run with flags, or with a second opinion, says of itself: never that the network withstood."""

from __future__ import annotations

from dataclasses import replace

from malt_core.attack_run import near_miss, story, words
from malt_core.attack_run.record import record_of
from malt_core.attack_run.types import AttackRun
from malt_core.export.html import facts
from malt_core.trust.flags import Flag, of_opinion, zero_gradient
from malt_core.trust.opinion import SecondOpinion
from malt_core.trust.words import MEANING
from tests.helpers.example_run import example_run

ZERO = zero_gradient((0,), 3, 3)


def run_with(flags: tuple[Flag, ...], opinion: SecondOpinion | None = None, **changes: object) -> AttackRun:
    run = example_run()
    return replace(run, result=replace(run.result, flags=flags, second_opinion=opinion, **changes))


def opinion(*fooled: int) -> SecondOpinion:
    return SecondOpinion(
        queries=500, images=(0,), fooled=fooled, unbounded_failed=(), n_forward=9, n_backward=1, seconds=1.0
    )


def test_what_was_not_fooled_is_not_called_robust_where_a_flag_stands() -> None:
    for flags, head in (
        ((), "Withstood: the network"),
        ((ZERO,), "Not fooled, but the attack may have failed:"),
    ):
        record = record_of(run_with(flags, success=False, reached=False, margin_left=0.4))
        assert story.headline(record, {record.label.index}).startswith(head)
        assert (near_miss.why_withstood(record, robust=True) == MEANING) == bool(flags)
        assert ("No wonder" in near_miss.near_sentence(record)) == (not flags)


def test_what_the_second_opinion_fooled_says_by_what() -> None:
    asked = opinion(0)
    run = run_with((*of_opinion(asked), ZERO), asked, steps=0)
    record = record_of(run)
    assert story.headline(record, {record.label.index}).startswith("Fooled without its gradients: “class")
    assert "Found by a second opinion, without gradients (Square), where" in story.told(record, None)
    assert "by a second opinion, without gradients (Square); no colour value" in words.sentence(run)
    told = dict(facts(run))
    assert told["Flag: black-box-wins"].startswith(
        "An attack without gradients (Square, 500 queries an image)"
    )
    assert "and it fooled the network. With ε = 1" in told["Second opinion"]


def test_what_even_that_did_not_fool_withstood() -> None:
    record = record_of(run_with((), opinion(), success=False, reached=False, margin_left=0.4))
    assert story.headline(record, {record.label.index}).startswith("Withstood")
