"""A site of a tiny network, made in a second, that a browser attacks in another."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import nn

from malt_core.models.loaders import Model
from malt_core.portable import site
from malt_core.portable.export import export_gradient
from malt_core.types import ModelInfo

SIDE, CLASSES = 24, tuple(f"class {letter}" for letter in "abcdefghijkl")
INFO = ModelInfo(
    id="own/tiny", title="Tiny", dataset="toy", size=(SIDE, SIDE), classes=CLASSES,
    suggested_eps=16 / 255, offline=True, source="made by the tests", licence="MIT",
)  # fmt: skip


def tiny_model() -> Model:
    """A smooth network of 12 classes on 24 x 24 pixels, which attacks fool in some steps."""
    torch.manual_seed(5)
    network = nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1), nn.SiLU(), nn.Conv2d(16, 24, 3, 2, 1), nn.SiLU(),
        nn.Flatten(), nn.Linear(24 * 36, len(CLASSES)),
    )  # fmt: skip
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(2.0)
    return Model(INFO, network.eval())


def tiny_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, single_file: bool = False
) -> tuple[Path, Model]:
    """Write a site of the tiny network and two photographs into a folder, and return it with the network."""
    model, onnx = tiny_model(), folder / "tiny.onnx"
    if not onnx.exists():
        export_gradient(model, onnx, shape=(3, SIDE, SIDE))
    monkeypatch.setattr(site, "network_info", lambda id: INFO)
    monkeypatch.setattr(site, "portable_file", lambda id, progress: onnx)
    monkeypatch.setattr("malt_core.networks.load_network", lambda id: model)
    photos = ("gallery:espresso", "gallery:flower")
    to = folder / ("single" if single_file else "site")
    for name, data in site.site_files(("own/tiny",), photos, single_file=single_file).items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_bytes(data)
    return to, model


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *what: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this computer, as `python -m http.server` does, and yield its address."""
    handler = functools.partial(_Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
