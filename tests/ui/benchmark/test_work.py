"""A small evaluation of the Benchmark page: what is typed, what it computes, what it says meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from malt_core.datasets.in_memory import first_images
from malt_core.errors import BadConfig
from malt_core.evaluation.report import Report
from malt_core.evaluation.types import ChunkResult, EvaluationConfig, Plan
from tests.helpers.evaluations import Pictures, load, numbers
from ui.benchmark.limits import MOST_EVALUATIONS
from ui.benchmark.memory import Found
from ui.benchmark.work import SmallRun, evaluations, progress, radii, reports_of

BALL = EvaluationConfig(
    eps=2.5 / 255, eps_text="2.5/255", n_iter=6, batch_size=4, chunk=1, precision="float32"
)
CONFIGS = (BALL, replace(BALL, attack="apgd-ce"))


def test_radii_as_people_type_them() -> None:
    found = radii(" 4, 0.5/255;1 4", "linf")
    assert [(config.eps, config.eps_text) for config in found] == [
        (0.5 / 255, "0.5/255"),
        (1 / 255, "1/255"),
        (4 / 255, "4/255"),
    ]
    assert {(config.chunk, config.precision) for config in found} == {(1, "float32")}
    (found,) = radii("0.5", "l2")
    assert (found.norm, found.eps, found.eps_text) == ("l2", 0.5, "0.5")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4,5", [4.5]),
        ("0,5", [0.5]),
        ("2,4,8", [2, 4, 8]),
        ("2, 4", [2, 4]),
        ("2;4", [2, 4]),
        ("0,5, 1,5", [0.5, 1.5]),
        ("0,5; 1 2,5", [0.5, 1, 2.5]),
        ("0.25,0.5", [0.25, 0.5]),
        ("4/255,8/255", [4, 8]),
    ],
)
def test_a_comma_is_a_decimal_one_where_it_stands_alone_between_two_numbers(text: str, numbers: list) -> None:
    assert [config.eps * 255 for config in radii(text, "linf")] == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("text", "norm", "says"),
    [
        ("", "linf", "“” is not a number. Write one or a few, as in 1, 2, 4"),
        ("1, two", "linf", "“two” is not a number"),
        ("half", "l2", "as in 0.25, 0.5"),
        ("0", "linf", "0 is out of range; it goes from 0.05 to 255 in 1/255"),
        ("300", "linf", "300 is out of range"),
        ("nan", "linf", "“nan” is not a number"),
        ("-1", "l2", "-1 is out of range; it goes from 0.01 to 100."),
    ],
)
def test_what_is_no_radius_is_refused(text: str, norm: str, says: str) -> None:
    with pytest.raises(BadConfig) as refusal:
        radii(text, norm)
    assert says in str(refusal.value)


def test_an_evaluation_for_each_attack_and_radius() -> None:
    found = evaluations(["apgd-ce", "malt"], radii("1, 2", "linf"))
    assert [(config.attack, config.eps_text) for config in found] == [
        ("malt", "1/255"),
        ("malt", "2/255"),
        ("apgd-ce", "1/255"),
        ("apgd-ce", "2/255"),
    ]
    with pytest.raises(BadConfig, match="Choose at least one attack"):
        evaluations([], radii("1", "linf"))
    many = radii(" ".join(map(str, range(1, 8))), "linf")
    with pytest.raises(BadConfig, match=f"14 evaluations; this page runs {MOST_EVALUATIONS} at most"):
        evaluations(["malt", "naive"], many)


@pytest.fixture(scope="module")
def events() -> list:
    """Of a whole run: nine images, two attacks."""
    return list(work(SmallRun("tests/tiny", first_images(Pictures(corrupt=(5,)), 9), CONFIGS)))


def work(run: SmallRun, found: Found | None = None) -> Iterator:
    return run.work(load(), found or Found())


def test_a_run_ends_with_a_report_for_each_setting(events: list) -> None:
    reports = reports_of(events)
    assert [event for event in events if isinstance(event, Report)] == reports
    assert [report.plan.config.attack for report in reports] == ["malt", "apgd-ce"]
    assert all(report.complete and len(report.images) == 8 for report in reports)


def test_what_was_stopped_is_kept(events: list) -> None:
    last_chunk = max(place for place, event in enumerate(events) if isinstance(event, ChunkResult))
    whole, part = reports_of(events[:last_chunk])
    assert whole.complete
    assert not part.complete
    assert part.counts["read"] == 7
    begun = [place for place, event in enumerate(events) if isinstance(event, Plan)]
    assert reports_of(events[: begun[0] + 1]) == []
    assert len(reports_of(events[: begun[1] + 1])) == 1


def test_progress_never_goes_back_and_says_what_is_done(events: list) -> None:
    said = [progress(events[:end], 2) for end in range(len(events) + 1)]
    shares = [share for _, share in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    sentences = [sentence for sentence, _ in said]
    begin = "MALT at ε = 2.5/255 (evaluation 1 of 2), "
    assert any(f"{begin}0 of 9 images; 0 forward passes" in text for text in sentences)
    first = next(place for place, event in enumerate(events) if isinstance(event, ChunkResult))
    assert f"{begin}1 of 9 images: " in sentences[first + 1]
    assert sentences[first + 1].endswith(f"; {events[first].n_forward} forward passes so far")
    slow = replace(events[first], seconds=30.0)
    assert progress([*events[:first], slow], 2)[0].endswith("; about 4 min left for this attack")
    assert "APGD-CE at ε = 2.5/255 (evaluation 2 of 2), 9 of 9 images: " in sentences[-1]


def test_progress_adds_up(events: list) -> None:
    said = [progress(events[:end], 2)[0] for end in range(len(events) + 1)]
    counted = [text for text in said if "fooled" in text]
    for text in counted:
        done, *parts = map(int, re.findall(r"(\d+) (?:of 9|wrong|fooled|withstood|unreadable)", text))
        assert sum(parts) == done, text
    assert "9 of 9 images: 2 wrong without any attack, " in counted[-1]
    assert counted[-1].endswith(", 1 unreadable")


@pytest.mark.parametrize("images", [1, 5, 12, 18])
def test_a_run_that_was_stopped_goes_on_where_it_was(events: list, images: int) -> None:
    """images: of both evaluations, that were done when it was stopped."""
    run, found = SmallRun("tests/tiny", first_images(Pictures(corrupt=(5,)), 9), CONFIGS), Found()
    begun = work(run, found)
    chunks = (event for event in begun if isinstance(event, ChunkResult))
    assert len(list(islice(chunks, images))) == images
    begun.close()
    assert (run.done(found), run.images) == (images, 18)
    model, calls = load(), []
    model.register_forward_hook(lambda *_: calls.append(1))
    again = reports_of(list(run.work(model, found)))
    assert [numbers(one) for one in again] == [numbers(one) for one in reports_of(events)]
    assert bool(calls) == (images < 18), "what is done is not computed again"


def test_what_was_done_counts_for_more_images_but_not_for_others() -> None:
    few, found = SmallRun("tests/tiny", first_images(Pictures(), 3), CONFIGS[:1]), Found()
    list(work(few, found))
    assert replace(few, data=first_images(Pictures(), 5)).done(found) == 3
    others = (
        replace(few, model="tests/other"),
        replace(few, configs=(replace(BALL, eps=3 / 255),)),
        replace(
            few, data=replace(few.data, content=tuple(replace(one, label=11) for one in few.data.content))
        ),
    )
    assert [other.done(found) for other in others] == [0, 0, 0]


def test_equal_keys_mean_equal_runs() -> None:
    run = SmallRun("tests/tiny", first_images(Pictures(), 4), CONFIGS)
    assert run.key == SmallRun("tests/tiny", first_images(Pictures(), 4), CONFIGS).key
    others = (
        replace(run, model="tests/other"),
        replace(run, configs=CONFIGS[:1]),
        replace(run, data=first_images(Pictures(), 5)),
        replace(run, data=first_images(Pictures(corrupt=(1,)), 4)),
        replace(run, data=replace(run.data, name="of somebody else")),
    )
    assert len({run.key, *(other.key for other in others)}) == 6
