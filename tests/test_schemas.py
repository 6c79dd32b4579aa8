"""The JSON Schemas in docs/ are those of the types, and real files keep to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from malt_core.evaluation.report import report_to_json
from scripts.make_schemas import DOCS, SCHEMAS, schema_text
from tests.helpers.reports import report

RECORDS = Path(__file__).parent / "attack_run" / "records"
EXAMPLES = DOCS.parent / "assets" / "examples" / "reports"
FILES = [
    *(("run", json.loads(file.read_text("utf-8"))) for file in sorted(RECORDS.glob("*.json"))),
    *(("report", json.loads(file.read_text("utf-8"))) for file in sorted(EXAMPLES.glob("*.json"))),
    ("report", report_to_json(report("wffr"))),
    ("race", json.loads((EXAMPLES.parent / "race.json").read_text("utf-8"))["record"]),
    ("defences", json.loads((EXAMPLES.parent / "defences.json").read_text("utf-8"))["columns"]),
]


def checker(name: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((DOCS / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_that_of_the_type(name):
    """If not: python -m scripts.make_schemas."""
    assert (DOCS / f"{name}.schema.json").read_text("utf-8") == schema_text(name)


@pytest.mark.parametrize("index", range(len(FILES)))
def test_real_files_keep_to_their_schema(index):
    name, content = FILES[index]
    checker(name).validate(content)
    schema = checker(name).schema
    properties = schema["$defs"][SCHEMAS[name].__name__]["properties"]
    younger = {"eot", "check", "flags", "second_opinion", "refused", "survives", "format_version"}
    assert list(content) == [field for field in properties if field in content or field not in younger]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("run", {"steps": "many"}),
        ("run", {"label": {"index": 3}}),
        ("run", {"norm": "l1"}),
        ("report", {"format_version": 2}),
        ("report", {"images": [{"index": 0}]}),
        ("report", {"counts": None}),
        ("race", {"lanes": [{"attack": "malt"}]}),
        ("race", {"pictures": None}),
        ("defences", {"rows": [{"id": "x"}]}),
    ],
)
def test_other_files_do_not(name, change):
    content = next(content for kind, content in FILES if kind == name)
    assert checker(name).is_valid(content)
    assert not checker(name).is_valid(content | change)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_type_is_described(name):
    for kind in checker(name).schema["$defs"].values():
        assert kind["description"]
