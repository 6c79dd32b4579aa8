"""Our own networks: one architecture, trained by training/ with five recipes, carried in assets/models.

A model is three files there, as `python -m training.export` writes them: DATASET-RECIPE.safetensors (float16
weights), DATASET-RECIPE.json (its model card, with the weights' SHA-256) and DATASET_classes.json. Whatever
lies there is in the catalogue, your own models included.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.errors import ModelUnavailable
from malt_core.models.weights.downloads import Progress
from malt_core.storage.assets import assets_folder
from malt_core.types import Defence, ModelInfo

if TYPE_CHECKING:
    from torch import nn

FOLDER = assets_folder() / "models"
SIZE = (64, 64)
TITLES = {
    "robust": "adversarial training",
    "standard": "standard training",
    "distilled": "defensive distillation",
    "regularised": "input-gradient regularisation",
    "noise": "training with Gaussian noise",
}
DEFENCES: dict[str, Defence] = {
    "robust": "adversarial training",
    "standard": "none",
    "distilled": "defensive distillation",
    "regularised": "gradient regularisation",
    "noise": "noise",
}
DATASETS = {"tiny-imagenet": "Tiny-ImageNet"}
SMALLEST_EPS = 1 / 255  # of an 8-bit image; what a network without a defence against larger ones suggests


def infos(folder: Path = FOLDER) -> Iterator[ModelInfo]:
    """Yield a model for each card in the folder, the known recipes first."""
    cards = [(path, json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("*.json")]
    order = list(TITLES)
    known = [(path, card) for path, card in cards if isinstance(card, dict) and "recipe" in card]
    known.sort(key=lambda item: (item[1]["dataset"], order.index(item[1]["recipe"])))
    for _, card in known:
        dataset, recipe = card["dataset"], card["recipe"]
        classes = json.loads((folder / f"{dataset}_classes.json").read_text(encoding="utf-8"))
        yield ModelInfo(
            id=f"{dataset}/{recipe}",
            title=f"Small ResNet, {DATASETS.get(dataset, dataset)}, {TITLES[recipe]}",
            dataset=dataset,
            size=SIZE,
            classes=tuple(entry["name"] for entry in classes),
            suggested_eps=card["settings"]["eps"] or SMALLEST_EPS,
            offline=True,
            source=f"MALT Lab (training/, recipe {recipe}, seed {card['seed']}, {card['epochs']} epochs)",
            licence=card["licence"],
            defence=DEFENCES[recipe],
        )


def load(info: ModelInfo, progress: Progress) -> nn.Module:
    """Return the network. Raises ModelUnavailable where its file is missing or damaged."""
    return read_network(weights_file(info))


def weights_file(info: ModelInfo) -> Path:
    """Return where the weights lie."""
    return FOLDER / f"{info.id.replace('/', '-')}.safetensors"


def noise_of(info: ModelInfo) -> float:
    """Return the standard deviation of the Gaussian noise that it was trained with, 0.0 for none."""
    card = json.loads(weights_file(info).with_suffix(".json").read_text(encoding="utf-8"))
    return float(card["settings"].get("sigma", 0.0))


def read_network(weights: Path) -> nn.Module:
    """Return the network of a weights file, float32, in eval mode, for images (B, 3, 64, 64) in [0, 1].

    Raises ModelUnavailable where the file or its card is missing, or its SHA-256 is not the card's.
    """
    import torch
    from safetensors.torch import load as parse

    from malt_core.models.architectures import SmallResNet

    try:
        data = weights.read_bytes()
        expected = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))["sha256"]
    except FileNotFoundError as error:
        raise ModelUnavailable(
            f"{error.filename} is missing. Get MALT Lab again, or export the model with training.export."
        ) from None
    if hashlib.sha256(data).hexdigest() != expected:
        raise ModelUnavailable(
            f"{weights} is damaged: its SHA-256 is not the one on its card. Get the file again "
            "(git checkout), or export it again with training.export."
        )
    state = {k: v.float() if v.is_floating_point() else v for k, v in parse(data).items()}
    network = SmallResNet(len(state["head.bias"]))
    network.load_state_dict(state)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
