"""The correlation over several pictures."""

from __future__ import annotations

import pytest
from torch import nn

from benchmarks import distances
from malt_core.models import loaders
from malt_core.models.catalogue import model_info
from tests.helpers.analytic import smooth_cnn
from tests.helpers.pages import png


def test_pictures_are_measured_and_summed_up(tmp_path) -> None:
    info = model_info("autoattack/resnet18-cifar10")
    model = loaders.Model(info, nn.Sequential(nn.AdaptiveAvgPool2d(8), smooth_cnn(10)))
    for seed in range(3):
        (tmp_path / f"{seed}.png").write_bytes(png(32, 32, seed))
    found = list(distances.measure(model, str(tmp_path), 2, "linf"))
    assert [record.image for record in found] == ["0.png", "1.png"]
    assert all(len(record.distances) == 9 for record in found)
    said = distances.summary(found)
    assert said.startswith("2 pictures, 18 classes: mean rank correlation ")
    mean = (found[0].correlation + found[1].correlation) / 2
    assert f"{mean:.3f} for MALT's score" in said
    assert mean == pytest.approx(1, abs=0.5)
