"""Random numbers that depend on what is attacked, never on who else is attacking."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def row_generator(seed: int, image: int, target: int) -> torch.Generator:
    """Return the random source of one (image, target): the same whatever else is attacked, in any order."""
    digest = hashlib.sha256(f"{seed}/{image}/{target}".encode()).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(digest[:8], "little", signed=True))


@contextmanager
def own_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """Let what draws from the global generators of torch, numpy and Python within draw as after this seed.

    All of them go on afterwards as if nothing had been drawn. device: whose generator torch's is, besides
    that of the processor. seed: from 0 to 2**32 - 1.
    """
    numpys, pythons = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpys)
            random.setstate(pythons)
