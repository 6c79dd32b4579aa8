"""How each defence of catalogue.py is put around a network: one function for each id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from malt_core.defences.autoencoder import load_autoencoder
from malt_core.defences.bit_depth import BitDepth
from malt_core.defences.card import load_card
from malt_core.defences.catalogue import DefenceId, defence_info
from malt_core.defences.detector import Detector
from malt_core.defences.ensemble import Ensemble
from malt_core.defences.jpeg import Jpeg
from malt_core.defences.median import Median
from malt_core.defences.random_resize import RandomResize
from malt_core.defences.randomised import Randomised
from malt_core.defences.reformer import Reformer
from malt_core.defences.smoothing import Smoothing
from malt_core.defences.squeezing import Squeezing
from malt_core.defences.vote import Vote


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a defence is put around. model: the first member's id; sigma: of the noise it was trained with."""

    members: Sequence[nn.Module]
    model: str
    draws: int
    sigma: float

    @property
    def network(self) -> nn.Module:
        return self.members[0]


_FUNCTIONS: dict[DefenceId, Callable[[Wanted], nn.Module]] = {
    "jpeg": lambda wanted: Jpeg(wanted.network),
    "bit-depth": lambda wanted: BitDepth(wanted.network),
    "median": lambda wanted: Median(wanted.network),
    "random-resize": lambda wanted: Randomised(RandomResize(wanted.network), wanted.draws, seed=0),
    "reformer": lambda wanted: Reformer(wanted.network, load_autoencoder()),
    "detector": lambda wanted: Detector(wanted.network, load_autoencoder(), load_card().detector),
    "squeezing": lambda wanted: Squeezing(wanted.network, load_card().squeezing[wanted.model]),
    "ensemble": lambda wanted: Ensemble(wanted.members),
    "vote": lambda wanted: Vote(wanted.members),
    "smoothing": lambda wanted: Smoothing(wanted.network, wanted.sigma, wanted.draws),
}


def defend(
    defence: DefenceId, members: Sequence[nn.Module], *, model: str = "", sigma: float = 0.0
) -> nn.Module:
    """Return the networks, which map images (B, 3, H, W) in [0, 1] to logits (B, K), behind a defence.

    members: as many as the defence's record says, of the same classes. model: the id of the first, by which
    a threshold is known; sigma: of the Gaussian noise that it was trained with. Raises BadConfig for an
    unknown defence, ModelUnavailable where a file is missing.
    """
    draws = defence_info(defence).draws
    return _FUNCTIONS[defence](Wanted(members=members, model=model, draws=draws, sigma=sigma)).eval()
