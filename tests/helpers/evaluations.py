"""A small evaluation for tests: a tiny network, images in memory, and workers that die on demand."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from malt_core.datasets.base import Record
from malt_core.errors import ModelUnavailable
from malt_core.evaluation.plan import make_plan
from malt_core.evaluation.report import Report, report_to_json
from malt_core.evaluation.types import EvaluationConfig, Plan, Progress
from malt_core.models.loaders import Model
from malt_core.types import ModelInfo
from tests.helpers.analytic import images, smooth_cnn

INFO = ModelInfo(
    id="tests/tiny",
    title="Tiny",
    dataset="tiny",
    size=(8, 8),
    classes=tuple(f"class {i}" for i in range(12)),
    suggested_eps=2 / 255,
    offline=True,
    source="tests",
    licence="MIT",
)
# Fools the tiny network on about half of the images, in float32 and in chunks of four.
CONFIG = EvaluationConfig(
    eps=2.5 / 255, n_iter=6, n_targets=3, batch_size=4, precision="float32", faithful=True
)


def load() -> Model:
    """The tiny network; a function of a module, as worker processes need it."""
    return Model(INFO, smooth_cnn())


class Mortal(nn.Module):
    """The same network, but the first one whose `marker` is still missing kills its process on the way."""

    def __init__(self, marker: Path, passes: int) -> None:
        super().__init__()
        self.network, self.marker, self.passes = smooth_cnn(), marker, passes

    def forward(self, x: Tensor) -> Tensor:
        self.passes -= 1
        if self.passes < 0:
            try:
                self.marker.touch(exist_ok=False)
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.network(x)


def load_mortal(marker: Path, passes: int = 30) -> Model:
    """A network of which one copy, wherever it is, kills its process after so many passes."""
    return Model(INFO, Mortal(marker, passes))


def load_unavailable() -> Model:
    """A model that is not there."""
    raise ModelUnavailable("The file tiny.pt is missing.")


class Pictures:
    """A data set in memory: n random images with the labels that the tiny network gives, one in five wrong.

    corrupt: indices of images that are no pictures.
    """

    path, name, fingerprint = "memory", "random pictures", "0123"

    def __init__(self, n: int = 14, corrupt: tuple[int, ...] = ()) -> None:
        self.x = images(n, seed=3)
        with torch.no_grad():
            self.labels = load()(self.x).argmax(1).tolist()
        for i in range(2, n, 5):
            self.labels[i] = (self.labels[i] + 1) % 12
        self.corrupt = corrupt

    def records(self, indices: range) -> list[Record]:
        return [
            Record(i, f"image {i}", self.labels[i], b"no picture" if i in self.corrupt else self._picture(i))
            for i in indices
        ]

    def _picture(self, i: int) -> Image.Image:
        return Image.fromarray((self.x[i] * 255).round().byte().permute(1, 2, 0).numpy().astype(np.uint8))


def plan(data: Pictures, **settings: object) -> Plan:
    """The plan of CONFIG with these settings, on all images."""
    return make_plan(load(), data, replace(CONFIG, **settings))


def result(events) -> Report:
    """The last event, after Progress alone."""
    *progress, report = events
    assert progress
    assert all(isinstance(event, Progress) for event in progress)
    return report


def numbers(report: Report) -> dict:
    """The content of report.json, but for the seconds, which no two runs have alike."""
    content = report_to_json(report)
    assert content["cost"].pop("seconds") > 0
    return content
