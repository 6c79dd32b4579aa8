"""What is said of a run by answers alone is true of its record."""

from __future__ import annotations

from dataclasses import replace

from malt_core.answers import words
from malt_core.answers.record import AnswersRecord, record_of
from malt_core.answers.types import AnswersConfig, Began, Ended, Heard, Measured, MethodId
from malt_core.models.catalogue import model_info
from tests.helpers.analytic import grey

INFO = model_info("tiny-imagenet/standard")
CONFIG = AnswersConfig(eps=8 / 255, queries=1000)


def end(method: MethodId, *, within: int | None, distance: float | None) -> Ended:
    return Ended(
        method=method, queries=900, n_backward=0, fooled=distance is not None, distance=distance,
        within=within, start=None if distance is None else 3, answer=7 if distance else 5, seconds=1.0,
        image=grey()[0],
    )  # fmt: skip


def record(*events: object) -> AnswersRecord:
    began = Began(label=5, confidence=0.9, margin=4.0)
    malt = Measured(
        fooled=True, n_forward=10, n_backward=30, distance=8 / 255, answer=7, seconds=1.0, flags=(),
        reason="", image=None,
    )  # fmt: skip
    found = record_of([began, malt, *events], INFO, "cat", CONFIG)
    assert found is not None
    return found


def test_only_changes_are_kept_as_points() -> None:
    heard = [
        Heard(method="evolution", queries=n, value=v)
        for n, v in ((20, None), (40, 0.5), (60, 0.5), (70, 0.1))
    ]
    one = record(*heard).of("evolution")
    assert [(point.queries, point.value) for point in one.points] == [(40, 0.5), (70, 0.1)]
    assert (one.state, one.queries) == ("running", 70)
    assert words.headline(record(*heard), going_on=True) == f"Asking about “{INFO.classes[5]}” …"
    assert words.headline(record(*heard)).startswith("By then none of the three")
    assert words.start(one) == ""  # what it cost is told at the end


def test_success_is_told_with_its_queries_and_failure_with_what_was_spent() -> None:
    found = record(
        Heard(method="square", queries=900, value=1.5),
        end("square", within=None, distance=None),
        end("hopskipjump", within=None, distance=20 / 255),
        end("evolution", within=417, distance=6 / 255),
    )
    assert (
        words.headline(found)
        == "Fooled within ε = 8/255 by answers alone: Evolutionary search after 417 queries."
    )
    assert "did not come within ε = 8/255: after 900 queries its nearest image is 20/255" in words.told(
        found.of("hopskipjump"), found
    )
    assert "after 900 queries the smallest margin is 1.5 logits" in words.told(found.of("square"), found)
    assert "10 forward and 30 backward passes, 40 in all" in words.yardstick(found.malt)
    assert words.progress(found) == ("2,700 queries so far, by three methods in turns", 1.0)
    assert [row["in the ball after"] for row in words.rows(found)] == [None, None, 417, 40]


def test_where_nothing_was_found_that_is_the_headline() -> None:
    ends = [end(method, within=None, distance=None) for method in ("square", "hopskipjump", "evolution")]
    found = record(*ends)
    assert "none of the three" in words.headline(found)
    assert "found no image at all" in words.told(found.of("evolution"), found)
    assert "No image of noise fooled" in words.start(found.of("evolution"))


def test_a_run_without_malt_says_why() -> None:
    found = record()
    assert (
        words.yardstick(replace(found.malt, reason="No gradient.")) == "MALT could not be run: No gradient."
    )
