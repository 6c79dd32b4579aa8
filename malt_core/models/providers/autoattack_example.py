"""The network that AutoAttack's wheel carries as an example: it loads with no download at all."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.models.classes import class_names
from malt_core.models.weights.downloads import Progress
from malt_core.types import ModelInfo

if TYPE_CHECKING:
    from torch import nn


def infos() -> Iterator[ModelInfo]:
    """Yield the one model: a ResNet-18 trained on CIFAR-10 without any defence."""
    yield ModelInfo(
        id="autoattack/resnet18-cifar10",
        title="ResNet-18, CIFAR-10, standard training",
        dataset="cifar10",
        size=(32, 32),
        classes=class_names("cifar10"),
        suggested_eps=1 / 255,
        offline=True,
        source="https://github.com/fra31/auto-attack (examples, in the wheel of pyautoattack 0.2.0)",
        licence="MIT",
    )


def load(info: ModelInfo, progress: Progress) -> nn.Module:
    """Return the network; it takes pixels in [0, 1] with no further normalisation."""
    from pyautoattack.examples import resnet

    from malt_core.models.weights.checkpoints import read_weights

    network = resnet.ResNet18()
    network.load_state_dict(read_weights(weights_file(info)))
    return network


def weights_file(info: ModelInfo) -> Path:
    """Return where the weights lie; the package need not be imported for that."""
    return Path(find_spec("pyautoattack").origin).parent / "examples" / "model_test.pt"
