"""What a comparison of defences is asked, and what it tells as it goes on. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from malt_core.epsilon import check_eps
from malt_core.errors import BadConfig
from malt_core.trust.flags import Flag
from malt_core.types import MAX_SEED, NORMS, Norm, check_count

Verdict = Literal["right", "wrong", "refused", "abstained", "invalid"]
"""What became of an image: the answer is right or not; a detector refused to answer; a vote or a smoothed
network found no answer certain enough; the logits are no finite numbers."""


@dataclass(frozen=True, kw_only=True)
class DefenceConfig:
    """How to attack. Raises BadConfig where a value is out of range.

    eps: radius in the pixels of [0, 1]. steps: of each attack, towards each class that it aims at. targets:
    classes that MALT aims at; candidates: classes that it ranks. draws: over which a defence's randomness
    is averaged.
    """

    norm: Norm = "linf"
    eps: float = 4 / 255
    steps: int = 30
    targets: int = 3
    candidates: int = 10
    draws: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.norm not in NORMS:
            raise BadConfig(f"Unknown norm {self.norm!r}: choose linf or l2.", setting="norm")
        check_eps(self.eps, self.norm)
        check_count("steps", self.steps, 1, 10_000)
        check_count("targets", self.targets, 1, 1000)
        check_count("candidates", self.candidates, 1, 100_000)
        check_count("draws", self.draws, 1, 1000)
        check_count("seed", self.seed, 0, MAX_SEED)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one image in one row. An image that is not right without any attack is not attacked."""

    index: Annotated[int, Meta(description="The image's place in the data set.")]
    clean: Annotated[Verdict, Meta(description="Without any attack.")]
    transfer: Annotated[Verdict, Meta(description="Under the attack made on the undefended network.")]
    adaptive: Annotated[Verdict, Meta(description="Under the best attack known on the row itself.")]
    borrowed: Annotated[
        bool,
        Meta(
            description="Whether that was the carried-over image: the attack on the row itself found nothing."
        ),
    ] = False
    unseen: Annotated[
        bool,
        Meta(
            description="Whether the answer to the carried-over image is wrong, refused or not: what a "
            "detector is there to catch."
        ),
    ] = False

    @property
    def kept(self) -> bool:
        """Whether the image withstood the carried-over attack."""
        return self.clean == "right" and withstood(self.transfer)

    @property
    def left(self) -> bool:
        """Whether it withstood every attack."""
        return self.clean == "right" and withstood(self.adaptive)


def withstood(verdict: Verdict) -> bool:
    """Return whether a verdict on an attacked image that was right counts for the defender."""
    return verdict in ("right", "refused")


@dataclass(frozen=True, kw_only=True)
class Looking:
    """Event: an image is under way.

    done: images finished by all rows; total: of all; row: the place of the row that is attacked, -1 while
    the carried-over attack is made; n_forward: images sent through the networks so far.
    """

    done: int
    total: int
    row: int
    n_forward: int


@dataclass(frozen=True, kw_only=True)
class ImageBegun:
    """Event: what an image shows. assumed: whether that is only what the undefended network says of it."""

    index: int
    name: str
    label: int
    assumed: bool


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Event: a row has gone through an image. flags: what its attack raised, images by place in the data."""

    row: str
    outcome: Outcome
    flags: tuple[Flag, ...]
    n_forward: int
    n_backward: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """Event: an image that could not be read, and why."""

    index: int
    name: str
    reason: str


DefenceEvent = Looking | ImageBegun | Judged | Unreadable
