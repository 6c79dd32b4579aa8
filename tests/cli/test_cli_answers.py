"""`malt answers` on a small network."""

from __future__ import annotations

import json

import pytest

from malt_core.answers.record import AnswersRecord
from malt_core.answers.types import METHODS
from malt_core.cli.main import main
from malt_core.storage.typed_json import typed

SHORT = ("answers", "gallery:espresso", "--model", "tiny-imagenet/standard", "--queries", "100")


def test_it_prints_a_record_that_keeps_its_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SHORT, "--eps", "60/255", "--json"]) == 0
    record = typed(AnswersRecord, json.loads(capsys.readouterr().out), "answers.json")
    assert [one.method for one in record.methods] == list(METHODS)
    assert record.label.name == "espresso"
    assert record.malt is not None
    assert record.malt.fooled
    assert record.of("evolution").within is not None
    assert all(one.queries <= 100 and one.n_backward == 0 for one in record.methods)


def test_mistakes_end_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SHORT[:4], "--queries", "5"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--queries must be a whole number from 100" in said
