"""What the process remembers of evaluations: found by those whose it is and by nobody else, bounded."""

from __future__ import annotations

from dataclasses import replace

from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import InMemoryData
from malt_core.evaluation.types import ChunkResult
from tests.helpers.reports import report
from ui.benchmark.memory import Found, Left, Shelf

PLAN = report("wfr", chunk=1).plan
DATA = InMemoryData(
    path="mine",
    name="mine",
    fingerprint="",
    content=tuple(Record(index, f"{index}.png", 0, bytes([index])) for index in range(3)),
)


def chunk(number: int) -> ChunkResult:
    return ChunkResult(number=number, images=(), corrupt=(), n_forward=1, n_backward=1, seconds=number)


def test_what_was_found_stays_until_there_is_too_much() -> None:
    found = Found(most=2)
    for number in range(2):
        found.put(PLAN, DATA, chunk(number))
    assert found.done(PLAN.model, PLAN.config, DATA) == {0: chunk(0), 1: chunk(1)}
    found.put(PLAN, DATA, chunk(2))
    assert list(found.done(PLAN.model, PLAN.config, DATA)) == [1, 2]


def test_other_pictures_of_the_same_name_are_others() -> None:
    found = Found()
    found.put(PLAN, DATA, chunk(0))
    other = replace(DATA, content=tuple(replace(record, image=b"others") for record in DATA.content))
    assert found.done(PLAN.model, PLAN.config, other) == {}


def test_only_what_is_left_is_evaluated_anew_for_a_second_opinion() -> None:
    found, images = Found(), report("wfr").images
    for number in range(3):
        found.put(PLAN, DATA, replace(chunk(number), images=(images[number],)))
    assert list(found.done(PLAN.model, replace(PLAN.config, check=True), DATA)) == [0, 1]


def test_what_a_tab_leaves_is_found_by_its_name_alone() -> None:
    shelf, left = Shelf(), Left(((True, "of mine"), (False, "handed in")), "under way")
    name = shelf.put(left)
    assert shelf.get(name) == left
    assert len(name) == 16
    assert shelf.put(left) != name
    assert shelf.get("x" * 16) is None
    shelf.put(Left(), name)
    assert shelf.get(name) == Left()


def test_the_shelf_is_bounded_and_the_latest_stay() -> None:
    shelf = Shelf(most=3_500)
    first, second = shelf.put(Left(run="1")), shelf.put(Left(run="2"))
    shelf.put(Left(run="3"))
    assert shelf.get(first).run == "1"
    shelf.put(Left(run="4"))
    assert shelf.get(second) is None
    assert shelf.get(first).run == "1"
