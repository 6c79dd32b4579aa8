"""MagNet's autoencoder for 64x64 pictures (Meng and Chen, arXiv 1705.09064), small, and what is stored of it.

It has only ever seen clean pictures, so it gives back what looks like them. training/autoencoder.py trains it
and takes the thresholds of the detectors.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from malt_core.defences.card import WEIGHTS, load_card
from malt_core.errors import ModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


class Autoencoder(nn.Module):
    """(B, 3, H, W) in [0, 1] to the same, H and W even, through half as many numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 32, 4, 2, 1)
        self.narrow = nn.Conv2d(32, 6, 3, 1, 1)
        self.widen = nn.Conv2d(6, 32, 3, 1, 1)
        self.up = nn.Conv2d(32, 12, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.unclipped(x).clamp(0, 1)

    def unclipped(self, x: Tensor) -> Tensor:
        """Return the same before it is cut to [0, 1], as it is trained: beyond is no gradient."""
        code = self.narrow(F.silu(self.down(x - 0.5)))
        return 0.5 + F.pixel_shuffle(self.up(F.silu(self.widen(code))), 2)


@cache
def load_autoencoder(weights: Path = WEIGHTS) -> Autoencoder:
    """Return the stored autoencoder, float32. Raises ModelUnavailable for a missing or damaged file."""
    from safetensors.torch import load as parse

    card = load_card(weights)
    try:
        data = weights.read_bytes()
    except FileNotFoundError:
        raise ModelUnavailable(f"{weights} is missing. Get MALT Lab again.") from None
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise ModelUnavailable(f"{weights} is damaged: its SHA-256 is not the one on its card.")
    state: Mapping[str, Tensor] = parse(data)
    network = Autoencoder()
    network.load_state_dict({name: values.float() for name, values in state.items()})
    return network.eval().requires_grad_(False)


def reconstruction_error(autoencoder: nn.Module, x: Tensor) -> Tensor:
    """Return the mean absolute difference between images x (B, 3, H, W) and what comes back, (B,).

    In full precision, whatever is asked of the network around it: a threshold tells small differences.
    """
    with torch.autocast(x.device.type, enabled=False):
        return (autoencoder(x) - x).abs().flatten(1).mean(1)
