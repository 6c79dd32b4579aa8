"""`malt transfer` on small networks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch import nn

from malt_core.models import loaders
from malt_core.models.catalogue import model_info
from malt_core.storage.typed_json import typed
from malt_core.transfer.record import TransferRecord
from tests.cli.calls import call
from tests.helpers.analytic import smooth_cnn

ROWS = ("tiny-imagenet/standard", "tiny-imagenet/robust")


@pytest.fixture(autouse=True)
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(id: str, **_: object) -> loaders.Model:
        network = nn.Sequential(nn.AdaptiveAvgPool2d(8), smooth_cnn(200, seed=ROWS.index(id)))
        return loaders.Model(model_info(id), network)

    monkeypatch.setattr(loaders, "load_model", load)


def test_the_matrix_and_its_record(tmp_path: Path) -> None:
    file = tmp_path / "transfer.json"
    photos = tmp_path / "photos"
    photos.mkdir()
    from malt_core.images.gallery import open_photo

    for id in ("espresso", "cat"):
        open_photo(id).save(photos / f"{id}.png")
    command = ("transfer", "--rows", *ROWS, "--data", str(photos), "--n-iter", "5", "--out", str(file))
    status, out, err = call(*command)
    assert (status, err) == (0, "")
    assert "A: tiny-imagenet/standard" in out
    assert "Of pictures without a label nobody knows what is right" in out
    record = typed(TransferRecord, json.loads(file.read_text("utf-8")), str(file))
    assert (record.done, record.complete, record.names) == (2, True, {0: "cat.png", 1: "espresso.png"})
    assert all(entry.attacked for entry in record.entries)  # by the row's own word
    assert json.loads(call(*command, "--json", "--compare")[1])["compare"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--eps", "0"), "--eps"),
        (("--rows", "tiny-imagenet/standard", "tiny-imagenet/standard"), "different networks"),
        (("--rows", "tiny-imagenet/standardd"), "Did you mean"),
        (("--data", "nowhere"), "There is no data set"),
        (("--columns", "autoattack/resnet18-cifar10"), "no classes in common"),
    ],
)
def test_mistakes_are_told_in_a_line(words: tuple[str, ...], said: str) -> None:
    status, out, err = call("transfer", "--data", "gallery", *words)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
