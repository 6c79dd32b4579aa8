"""From JSON to dataclasses: what passes, and how the rest is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pytest

from malt_core.errors import BadConfig
from malt_core.storage.typed_json import finite_or_none, parse_json, plain, typed


@dataclass(frozen=True)
class Inner:
    name: str
    size: float
    mark: Literal["low", "high"] | None = None


@dataclass(frozen=True)
class Outer:
    count: int
    kind: Literal["a", "b"]
    inner: tuple[Inner, ...]
    versions: dict[str, str]
    done: bool = False
    rank: int | None = None
    names: dict[int, str] | None = None
    data: bytes = b""

    def __post_init__(self) -> None:
        if self.count < 0:
            raise BadConfig(f"count is {self.count}: give 0 or more.", setting="count")


GOOD = {
    "count": 3,
    "kind": "b",
    "inner": [{"name": "x", "size": 1.5}, {"name": "y", "size": 2}],
    "versions": {"torch": "2"},
    "done": True,
    "rank": None,
}


def test_a_dataclass_comes_back_from_its_json():
    value = typed(Outer, GOOD, "it")
    assert value == Outer(3, "b", (Inner("x", 1.5), Inner("y", 2.0)), {"torch": "2"}, True, None)
    assert isinstance(value.inner[1].size, float)
    assert typed(Outer, json.loads(json.dumps(plain(value))), "it") == value


def test_numbers_as_names_and_bytes_come_back():
    """JSON knows neither."""
    value = Outer(0, "a", (), {}, names={3: "cat", 10: "dog"}, data=b"\x89PNG\xff")
    content = plain(value)
    assert content["names"] == {"3": "cat", "10": "dog"}
    assert typed(Outer, parse_json(json.dumps(content), "it"), "it") == value


def test_what_has_a_default_may_be_missing_and_more_may_be_there():
    content = {name: value for name, value in GOOD.items() if name not in ("done", "rank")} | {"new": 1}
    assert typed(Outer, content, "it") == Outer(3, "b", (Inner("x", 1.5), Inner("y", 2.0)), {"torch": "2"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"count": "3"}, "In it, count should be a whole number, not text."),
        ({"count": True}, "In it, count should be a whole number, not true or false."),
        ({"count": 3.0}, "In it, count should be a whole number, not a decimal number."),
        ({"count": None}, "In it, count should be a whole number, not null."),
        ({"count": -1}, "In it: count is -1: give 0 or more."),
        ({"kind": "c"}, "In it, kind should be a or b, not 'c'."),
        ({"kind": 3}, "In it, kind should be text, not a whole number."),
        ({"inner": {}}, "In it, inner should be a list, not an object."),
        ({"inner": [{"name": "x"}]}, "In it, inner[0] has no size."),
        ({"inner": [{"name": "x", "size": None}]}, "In it, inner[0].size should be a number, not null."),
        (
            {"inner": [{"name": "x", "size": False}]},
            "In it, inner[0].size should be a number, not true or false.",
        ),
        (
            {"inner": [{"name": "x", "size": 1, "mark": "middle - at `$.kind`"}]},
            "In it, inner[0].mark should be low or high, not 'middle - at `$.kind`'.",
        ),
        ({"inner": [3]}, "In it, inner[0] should be an object, not a whole number."),
        ({"versions": []}, "In it, versions should be an object, not a list."),
        ({"versions": {"torch": 2}}, "In it, a value of versions should be text, not a whole number."),
        ({"done": 1}, "In it, done should be true or false, not a whole number."),
        ({"rank": "first"}, "In it, rank should be a whole number or null, not text."),
        ({"names": {"first": "cat"}}, "In it, a name in names should be a whole number, not text."),
        ({"data": 3}, "In it, data should be base64 text, not a whole number."),
        ({"data": "é"}, "In it, data cannot be read: Invalid base64 encoded string."),
    ],
)
def test_anything_else_is_named(change, says):
    with pytest.raises(BadConfig) as refusal:
        typed(Outer, GOOD | change, "it")
    assert str(refusal.value) == says


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "it has no count."),
        ([], "it should be an object, not a list."),
        (None, "it should be an object, not null."),
        ({"\udcff": 1}, "it cannot be read: 'utf-8' codec can't encode"),
    ],
)
def test_what_is_no_such_thing_at_all(content, says):
    with pytest.raises(BadConfig) as refusal:
        typed(Outer, content, "it")
    assert str(refusal.value).startswith(says)


def test_a_number_beyond_all_floats():
    with pytest.raises(BadConfig, match="it"):
        typed(Inner, parse_json(f'{{"name": "x", "size": 1{"0" * 400}}}', "it"), "it")


def test_json_is_parsed():
    assert parse_json(b'{"a": [1, 2.5, null, true, "\xc3\xa9"]}', "it") == {"a": [1, 2.5, None, True, "é"]}


def test_names_of_files_that_are_not_utf8_come_back():
    """Python hands their odd bytes on as lone surrogates."""
    value = Inner("caf\udce9.png", 1.0)
    assert typed(Inner, parse_json(json.dumps(plain(value)).encode(), "it"), "it") == value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is not JSON (Expecting value"),
        (b"\xff{", "it is not JSON ('utf-8' codec can't decode"),
        (b'{"a": 1', "it is not JSON (Expecting ',' delimiter"),
        (b"{} {}", "it is not JSON (Extra data"),
        (b"NaN", "it is not JSON (it has NaN for a number)."),
        (b"[-Infinity]", "it is not JSON (it has -Infinity for a number)."),
        (b"[1e999]", "it is not JSON (the number 1e999 is too large)."),
        (b"[" * 200_000 + b"]" * 200_000, "its lists and objects are nested too deeply."),
    ],
)
def test_what_is_not_json_is_refused(data, says):
    with pytest.raises(BadConfig) as refusal:
        parse_json(data, "it")
    assert str(refusal.value).startswith(f"it cannot be read: {says}")


def test_what_json_cannot_hold_becomes_null() -> None:
    assert [finite_or_none(value) for value in (float("inf"), float("nan"), 0.1234567)] == [
        None,
        None,
        0.1234567,
    ]
    assert finite_or_none(0.1234567, 3) == 0.123
