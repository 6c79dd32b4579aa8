"""From JSON to dataclasses: what passes, and how the rest is named."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

import pytest

from malt_core.errors import BadConfig
from malt_core.storage.checked_json import build, finite_or_none


@dataclass(frozen=True)
class Inner:
    name: str
    size: float


@dataclass(frozen=True)
class Outer:
    count: int
    kind: Literal["a", "b"]
    inner: tuple[Inner, ...]
    versions: dict[str, str]
    done: bool = False
    rank: int | None = None


GOOD = {
    "count": 3,
    "kind": "b",
    "inner": [{"name": "x", "size": 1.5}, {"name": "y", "size": 2}],
    "versions": {"torch": "2"},
    "done": True,
    "rank": None,
}


def test_a_dataclass_comes_back_from_its_json():
    value = build(Outer, GOOD, "it")
    assert value == Outer(3, "b", (Inner("x", 1.5), Inner("y", 2.0)), {"torch": "2"}, True, None)
    assert isinstance(value.inner[1].size, float)
    assert build(Outer, json.loads(json.dumps(asdict(value))), "it") == value


def test_what_has_a_default_may_be_missing_and_more_may_be_there():
    content = {name: value for name, value in GOOD.items() if name not in ("done", "rank")} | {"new": 1}
    assert build(Outer, content, "it") == Outer(3, "b", (Inner("x", 1.5), Inner("y", 2.0)), {"torch": "2"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"count": "3"}, "it.count is '3'; expected a whole number."),
        ({"count": True}, "it.count is 'True'; expected a whole number."),
        ({"count": 3.0}, "it.count is '3.0'; expected a whole number."),
        ({"kind": "c"}, "it.kind is 'c'; expected a or b."),
        ({"inner": {}}, "it.inner is '{}'; expected a list."),
        ({"inner": [{"name": "x"}]}, "it.inner[0] has no size."),
        ({"inner": [{"name": "x", "size": None}]}, "it.inner[0].size is 'None'; expected a number."),
        ({"inner": [{"name": "x", "size": float("nan")}]}, "it.inner[0].size is 'nan'; expected a number."),
        ({"inner": [{"name": "x", "size": False}]}, "it.inner[0].size is 'False'; expected a number."),
        ({"inner": [3]}, "it.inner[0] is '3'; expected an object."),
        ({"versions": []}, "it.versions is '[]'; expected an object."),
        ({"versions": {"torch": 2}}, "it.versions.torch is '2'; expected text."),
        ({"done": 1}, "it.done is '1'; expected true or false."),
        ({"rank": "first"}, "it.rank is 'first'; expected a whole number."),
    ],
)
def test_anything_else_is_named(change, says):
    with pytest.raises(BadConfig) as refusal:
        build(Outer, GOOD | change, "it")
    assert str(refusal.value) == says


def test_what_json_cannot_hold_becomes_null() -> None:
    assert [finite_or_none(value) for value in (float("inf"), float("nan"), None, 0.1234567)] == [
        None,
        None,
        None,
        0.1234567,
    ]
    assert finite_or_none(0.1234567, 3) == 0.123
