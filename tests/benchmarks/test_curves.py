"""The curves of cost: what is measured, and the two files."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from benchmarks import curves, worker
from benchmarks.common import network
from malt_core import Model
from tests.helpers.analytic import classes, images, smooth_cnn
from tests.helpers.evaluations import INFO
from tests.helpers.parquet import write

MODEL = "tests.benchmarks.test_curves:small"


def small():
    """smooth_cnn for images as large as the bundled networks take."""
    pooled = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(8), smooth_cnn())
    return Model(replace(INFO, size=(32, 32)), pooled)


@pytest.fixture
def command(tmp_path):
    x = images(12, shape=(3, 32, 32))
    data = write(tmp_path / "data.parquet", x, classes(small(), x))
    common = ["--model", MODEL, "--data", str(data), "--out", str(tmp_path / "out"), "--no-bf16"]
    return [*common, "--eps", "8/255", "--steps", "2", "--n", "3"]


@pytest.fixture
def ran(monkeypatch):
    """The measurements that were made, all in this process: network, number of images, batch size."""
    done = []

    def here(name, model, images, settings, folder):
        data = torch.load(images, weights_only=True)
        done.append((model, len(data["x"]), settings.batch_size))
        return worker.measure(name, network(model), data["x"], data["y"], settings)

    monkeypatch.setattr(curves, "in_fresh_process", here)
    return done


def test_one_thing_varies_at_a_time(command, ran, tmp_path, capsys):
    varied = ["--images", "2", "5", "99", "--classes", "4", "6", "--batch-sizes", "1", "4"]
    assert curves.main([*command, *varied]) == 0
    assert ran == [
        *((MODEL, 2, 64), (MODEL, 5, 64)),  # 99 there are not
        *(("random/4", 3, 64), ("random/6", 3, 64)),
        *((MODEL, 3, 1), (MODEL, 3, 4)),
    ]
    assert "there are only 12" in capsys.readouterr().out
    found = json.loads((tmp_path / "out" / "curves.json").read_text(encoding="utf-8"))["curves"]
    assert {name: [point["value"] for point in points] for name, points in found.items()} == {
        "images": [2, 5],
        "classes": [4, 6],
        "batch_size": [1, 4],
    }
    few, many = found["images"]
    assert few["passes"] == few["n_forward"] + few["n_backward"] < many["passes"]
    assert found["classes"][0]["n_backward"] < found["classes"][1]["n_backward"]
    with Image.open(tmp_path / "out" / "curves.png") as picture:
        assert picture.size == (1200, 960)
        assert len(picture.convert("RGB").getcolors(100_000)) > 10


def test_a_point_that_fails_is_left_out(command, monkeypatch, tmp_path, capsys):
    def fails(*_):
        raise worker.AttackFailed("its process ended with status -9")

    monkeypatch.setattr(curves, "in_fresh_process", fails)
    assert curves.main([*command, "--images", "2", "--classes", "--batch-sizes"]) == 0
    assert "images: 2, failed: its process ended with status -9" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "curves.json").read_text())["curves"]["images"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [(["--images", "0"], "whole number"), (["--eps", "x"], "--eps"), (["--classes", "1"], "random/")],
)
def test_mistakes_end_with_one_line(command, ran, capsys, change, said):
    assert curves.main([*command, "--images", "--classes", "--batch-sizes", *change]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
