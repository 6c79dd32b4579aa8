"""Which networks need no download."""

from __future__ import annotations

from pathlib import Path

import pytest

from malt_core.models.catalogue import list_models, model_info
from malt_core.models.weights.present import is_present


def test_bundled_ones_and_those_that_were_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALT_LAB_CACHE", str(tmp_path))
    before = {info.id for info in list_models() if is_present(info)}
    assert "imagenet/efficientnet-lite0" in before
    assert all(model_info(id).offline for id in before)
    single = "robustbench/cifar10/Linf/Wang2023Better_WRN-70-16"
    for file in (f"{single}.pt", "torchvision/resnet50-11ad3fa6.pth"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    after = {info.id for info in list_models() if is_present(info)}
    assert after - before == {single, "torchvision/resnet50"}
