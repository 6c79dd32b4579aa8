"""torchvision's ImageNet classifiers with their default weights, as torchvision/<name>."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.models.classes import class_names
from malt_core.models.weights.downloads import Progress, Remote, cache_dir, fetch
from malt_core.types import ModelInfo

if TYPE_CHECKING:
    from torch import nn

_ROWS = Path(__file__).parents[1] / "data" / "torchvision.json"


def infos() -> Iterator[ModelInfo]:
    """Yield what the data file knows, without importing torchvision; refresh.py says where it comes from."""
    for row in json.loads(_ROWS.read_text(encoding="utf-8")):
        yield ModelInfo(
            id=f"torchvision/{row['name']}",
            title=f"{row['title']}, ImageNet, standard training",
            dataset="imagenet",
            size=(row["size"], row["size"]),
            classes=class_names("imagenet"),
            suggested_eps=1 / 255,
            offline=False,
            source="https://pytorch.org/vision/stable/models.html",
            licence=row["licence"],
            preprocessing=row["preprocessing"],
            megabytes=row["megabytes"],
        )


def load(info: ModelInfo, progress: Progress) -> nn.Module:
    """Return the network behind its normalisation; its weights are fetched, and checked by their SHA-256."""
    from torch import nn
    from torchvision import models

    from malt_core.models.architectures import Normalise
    from malt_core.models.weights.checkpoints import alone_and_quiet, serving, unusable, weights_only

    name = info.id.removeprefix("torchvision/")
    weights = models.get_model_weights(name).DEFAULT
    file = weights.url.rpartition("/")[2]
    digits = re.search(r"-([0-9a-f]{8,})\.", file)
    remote = Remote(weights.url, cache_dir() / "torchvision" / file, digits[1] if digits else "")
    fetch(remote, progress)
    with alone_and_quiet(), weights_only(), serving([remote]):
        try:
            network = models.get_model(name, weights=weights)
        except RuntimeError as error:
            raise unusable([remote.path], error) from None
    preprocessing = weights.transforms()
    return nn.Sequential(Normalise(preprocessing.mean, preprocessing.std), network)
