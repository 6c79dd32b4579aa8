"""Picture files, and the models whose classes their data sets have."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from malt_core.models.catalogue import model_info
from malt_core.types import ModelInfo


@pytest.fixture
def cifar() -> ModelInfo:
    """A model of CIFAR-10."""
    return model_info("autoattack/resnet18-cifar10")


@pytest.fixture
def imagenet() -> ModelInfo:
    """A model of ImageNet."""
    return model_info("torchvision/resnet50")


@pytest.fixture
def of_classes(cifar: ModelInfo) -> Callable[..., ModelInfo]:
    """A model of these classes."""
    return lambda *names: replace(cifar, id="tests/few", dataset="few", classes=names)


def pixels(seed: int, side: int = 32) -> np.ndarray:
    """A random picture."""
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


@pytest.fixture
def png() -> Callable[[int], bytes]:
    """The bytes of a PNG file of random pixels, and those pixels by the same number."""

    def of(seed: int) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(pixels(seed)).save(buffer, "PNG")
        return buffer.getvalue()

    return of


@pytest.fixture
def tree(tmp_path: Path, png: Callable[[int], bytes]) -> Callable[..., Path]:
    """A folder that holds these files: notes.txt a text, all others pictures of their own."""

    def of(*names: str) -> Path:
        for seed, name in enumerate(names):
            file = tmp_path / "pictures" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"No picture." if file.name == "notes.txt" else png(seed))
        return tmp_path / "pictures"

    return of
