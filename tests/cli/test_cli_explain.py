"""`malt distances`, `malt smallest` and `malt ranks` on a small network."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from torch import nn

from malt_core.images.pixels import read_png
from malt_core.models import loaders
from malt_core.models.catalogue import model_info
from tests.cli.calls import MODEL, call
from tests.helpers.analytic import smooth_cnn

FLOWER = ("gallery:flower", "--model", MODEL)


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> loaders.Model:
    """A small smooth network in place of the model that the command names."""
    small = nn.Sequential(nn.AdaptiveAvgPool2d(8), smooth_cnn(10))
    made = loaders.Model(model_info(MODEL), small)
    monkeypatch.setattr(loaders, "load_model", lambda id, **_: made)
    return made


def test_distances() -> None:
    status, out, err = call("distances", *FLOWER, "--targets", "3", "--json")
    assert (status, err) == (0, "")
    record = json.loads(out)
    assert [one["confidence_rank"] for one in record["distances"]] == [1, 2, 3]
    assert all(one["reached"] > 0 for one in record["distances"])
    assert -1 <= record["correlation"] <= 1
    status, out, _ = call("distances", *FLOWER, "--targets", "1", "--of", "nearest", "--norm", "l2")
    assert status == 0
    assert "by confidence" in out
    assert "too few" in out


def test_its_figure_and_numbers_lie_where_they_were_asked_for(tmp_path: Path) -> None:
    files = [tmp_path / f"found.{ending}" for ending in ("png", "svg", "csv", "json")]
    figures = [word for file in files for word in ("--figure", str(file))]
    status, out, err = call("distances", *FLOWER, "--targets", "3", "--json", *figures)
    assert (status, err) == (0, "")
    printed, (picture, drawing, table, numbers) = json.loads(out), files
    assert Image.open(io.BytesIO(picture.read_bytes())).size == (1200, 675)
    assert f"{MODEL}" in drawing.read_text("utf-8")
    assert len(table.read_text("utf-8").splitlines()) == 4
    rows = json.loads(numbers.read_text("utf-8"))["rows"]
    assert [row["reached"] for row in rows] == [one["reached"] for one in printed["distances"]]


def test_smallest_and_its_png(tmp_path: Path, network: loaders.Model) -> None:
    file = tmp_path / "changed.png"
    status, out, err = call("smallest", *FLOWER, "--json", "--png", str(file))
    assert (status, err) == (0, "")
    record = json.loads(out)
    answer = int(network(read_png(file.read_bytes())[None]).argmax())
    assert answer == record["eight_bit_answer"]["index"] != record["label"]["index"]
    assert record["reached"] <= record["eight_bit_eps"] + 1e-6
    status, out, _ = call("smallest", *FLOWER, "--eps-max", "0.01/255", "--png", str(tmp_path / "none.png"))
    assert status == 0
    assert "Nothing found up to ε = 0.01/255" in out
    assert "No file was written" in out
    assert not (tmp_path / "none.png").exists()


def test_ranks(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(buffer, "PNG")
    (tmp_path / "round.png").write_bytes(buffer.getvalue())
    how = ("--model", MODEL, "--data", str(tmp_path), "--eps", "2/255", "--targets", "2", "--steps", "3")
    status, out, err = call("ranks", *how, "--json")
    assert (status, err) == (0, "")
    record = json.loads(out)
    assert record["images"][0]["attacked"]
    status, out, _ = call("ranks", *how)
    assert status == 0
    assert "Of 1 image that the network gets right" in out


@pytest.mark.parametrize(
    "words",
    [
        ("distances", "missing.png"),
        ("distances", *FLOWER, "--targets", "0"),
        ("distances", *FLOWER, "--label", "no such class"),
        ("distances", *FLOWER, "--eps-max", "2"),
        ("smallest", *FLOWER, "--seed", "-1"),
        ("smallest", *FLOWER, "--model", "no/model"),
        ("smallest", *FLOWER, "--eps-max", "much"),
        ("ranks", "--data", "missing", "--model", MODEL),
        ("ranks", "--data", "gallery", "--model", MODEL, "--n", "0"),
        ("ranks", "--model", MODEL),
        ("distances", *FLOWER, "--figure", "picture.gif"),
        ("distances", *FLOWER, "--figure", "no-such-folder/picture.png"),
    ],
)
def test_mistakes_end_with_one_line(words: tuple[str, ...]) -> None:
    status, out, err = call(*words)
    assert status == 2
    assert not out
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
