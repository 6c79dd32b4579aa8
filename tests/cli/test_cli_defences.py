"""`malt defences` on a small network: its table, its file, and how it goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch import nn

from malt_core.models import loaders
from malt_core.models.catalogue import model_info
from tests.cli.calls import MODEL, call, refused
from tests.helpers.analytic import smooth_cnn

ROWS = ("--rows", MODEL, "--undefended", MODEL, "--steps", "3", "--targets", "2", "--candidates", "3")


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small smooth network in place of the model that the command names."""
    small = nn.Sequential(nn.AdaptiveAvgPool2d(8), smooth_cnn(10))
    made = loaders.Model(model_info(MODEL), small)
    monkeypatch.setattr(loaders, "load_model", lambda id, **_: made)


def test_it_counts_and_goes_on_where_it_was(tmp_path: Path) -> None:
    first = ("defences", "--data", "gallery", *ROWS, "--out", str(tmp_path))
    status, out, err = call(*first, "--n", "4")
    assert (status, err) == (0, "")
    assert "clean" in out.splitlines()[2]
    assert f"{MODEL}: " in out
    kept = json.loads((tmp_path / "defences.json").read_text("utf-8"))
    status, out, _ = call(*first, "--n", "6", "--resume", "--json")
    record = json.loads(out)
    assert record == json.loads((tmp_path / "defences.json").read_text("utf-8"))
    outcomes = record["rows"][0]["outcomes"]
    assert [one["index"] for one in outcomes] == list(range(6))
    assert outcomes[:4] == kept["rows"][0]["outcomes"]
    refused(*first, says="go on with it by --resume")
    refused(*first, "--resume", "--eps", "1/255", says="with other config")


def test_mistakes_are_told_at_once() -> None:
    data = ("defences", "--data", "gallery", "--undefended", MODEL)
    refused(*data, "--rows", "tiny-imagenet/robust", says="other classes or another input size")
    refused(*data, "--rows", f"{MODEL},{MODEL}", says="named twice")
    refused(*data, "--rows", MODEL, "--resume", says="--resume needs --out")
    refused(*data, "--rows", ",", says="There are no rows")
