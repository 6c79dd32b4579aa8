"""What is stored of the autoencoder and of the detectors' thresholds. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from malt_core.errors import ModelUnavailable
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed

WEIGHTS = assets_folder() / "models" / "tiny-imagenet-autoencoder.safetensors"


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known of the stored autoencoder.

    squared_error: mean, over validation pixels from 0 to 1. false_alarms: share of the clean training images
    above each threshold; detector: threshold of the mean absolute reconstruction error; squeezing: of the
    largest L1 distance between two answers, 0 to 2, for each network by its id. held_back: the share of
    held-back clean images above each threshold, by "detector" and by the networks' ids.
    """

    sha256: str
    dataset: str
    train_images: int
    held_back_images: int
    epochs: int
    noise: float
    seed: int
    squared_error: float
    false_alarms: float
    detector: float
    squeezing: dict[str, float]
    held_back: dict[str, float]
    date: str
    licence: str


def has_card(weights: Path = WEIGHTS) -> bool:
    """Return whether the card is there."""
    return weights.with_suffix(".json").is_file()


@cache
def load_card(weights: Path = WEIGHTS) -> Card:
    """Return the card beside the weights. Raises ModelUnavailable where it is missing."""
    file = weights.with_suffix(".json")
    try:
        return typed(Card, parse_json(file.read_bytes(), str(file)), str(file))
    except FileNotFoundError:
        raise ModelUnavailable(
            f"{file} is missing. Get MALT Lab again, or run training.autoencoder."
        ) from None
