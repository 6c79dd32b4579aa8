"""What a bundle holds: a ZIP file of pictures, run.json and curves, and a list of them with their digests.

The digests tell damage and careless change; they are no signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from malt_core.attack_run.record import RECORD
from malt_core.attacks.types import Step
from malt_core.types import NamedClass

ENDING = ".malt"
FORMAT, FORMAT_VERSION = "malt-bundle", 1
MANIFEST, CURVES = "manifest.json", "curves.json"
ORIGINAL, ADVERSARIAL = "original.png", "adversarial.png"
ORIGINAL_EXACT, ADVERSARIAL_EXACT = "original.npy", "adversarial.npy"
NEEDED = (RECORD, CURVES, ORIGINAL, ADVERSARIAL)
MEMBERS = (MANIFEST, *NEEDED, ORIGINAL_EXACT, ADVERSARIAL_EXACT)
"""All members that there are. The exact ones are there where 8 bits do not hold the image."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The first member: what the others are.

    malt_lab: the version that wrote it. model: id of the network; weights: SHA-256 of the file of its
    weights, "" where that is not known. members: SHA-256 of every other member, by name.
    """

    format: Literal["malt-bundle"]
    format_version: Literal[1]
    malt_lab: str
    model: str
    weights: str
    members: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Curves:
    """What is shown of a run beside run.json and the pictures; t and the margins are in run.json.

    title: of the network; robust: whether it was trained to resist attacks. names: of its classes that are
    spoken of. classes, probabilities: as in player.payload, as are near, straightness, numbers and alt.
    way: Snapshot.way_sentence. trace: every step of the attack.
    """

    title: str
    robust: bool
    names: dict[int, str]
    classes: tuple[NamedClass, ...]
    probabilities: tuple[tuple[float, ...], ...]
    near: float
    straightness: str
    numbers: str
    alt: dict[str, str]
    way: str
    trace: tuple[Step, ...]
