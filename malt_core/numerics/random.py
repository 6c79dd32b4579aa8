"""Random numbers that depend on what is attacked, never on who else is attacking."""

from __future__ import annotations

import hashlib

import torch


def row_generator(seed: int, image: int, target: int) -> torch.Generator:
    """Return the random source of one (image, target): the same whatever else is attacked, in any order."""
    digest = hashlib.sha256(f"{seed}/{image}/{target}".encode()).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(digest[:8], "little", signed=True))
