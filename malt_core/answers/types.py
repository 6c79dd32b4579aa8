"""What is asked for, and what happens: settings and events of a run by answers alone. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from malt_core.epsilon import as_number, check_eps
from malt_core.errors import BadConfig
from malt_core.trust.flags import Flag
from malt_core.types import MAX_SEED, NORMS, Norm, check_count

if TYPE_CHECKING:
    import torch

MethodId = Literal["square", "hopskipjump", "evolution"]
METHODS: tuple[MethodId, ...] = ("square", "hopskipjump", "evolution")
Sees = Literal["scores", "class"]
SEES: dict[MethodId, Sees] = {"square": "scores", "hopskipjump": "class", "evolution": "class"}
"""What each method hears of an answer: all scores, or whether the class is another one."""
TITLES: dict[MethodId, str] = {
    "square": "Square",
    "hopskipjump": "HopSkipJump",
    "evolution": "Evolutionary search",
}
QUERIES = 2000
FEWEST, MOST_QUERIES = 100, 100_000
FEWEST_LEVELS, MOST_LEVELS = 2, 64


@dataclass(frozen=True, kw_only=True)
class AnswersConfig:
    """How to attack one picture by answers alone.

    norm, eps: the ball, in [0, 1] pixel units, in which Square stays, and within which the others' images
    have to come to count. queries: how often each method may ask the network, the first ones and those of
    failures among them. levels: colours are rounded to so many levels ahead of the network, so that nothing
    of it can be differentiated; 0 for the network as it is. Raises BadConfig where a value is out of range.
    """

    norm: Norm = "linf"
    eps: float = 4 / 255
    queries: int = QUERIES
    seed: int = 0
    levels: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "eps", as_number(self.eps))
        if self.norm not in NORMS:
            raise BadConfig(f"Unknown norm {self.norm!r}: choose linf or l2.")
        check_eps(self.eps, self.norm)
        check_count("queries", self.queries, FEWEST, MOST_QUERIES)
        check_count("seed", self.seed, 0, MAX_SEED)
        if self.levels != 0:
            check_count("levels", self.levels, FEWEST_LEVELS, MOST_LEVELS)


@dataclass(frozen=True, kw_only=True)
class Began:
    """Event: what the network answers to the picture, which is what the methods try to change.

    confidence: its softmax, 0 to 1; margin: its lead over the next class, in logits.
    """

    label: int
    confidence: float
    margin: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Event: what MALT, which has the gradient, needed for the same picture, network and ball.

    fooled: judged afresh, without what a second opinion found. n_forward, n_backward: passes, the second
    opinion's left out. distance: of its image, None where it did not fool; answer: what the network says of
    that. reason: why it could not be run, "" where it was. image: (C, H, W) or None.
    """

    fooled: bool
    n_forward: int
    n_backward: int
    distance: float | None
    answer: int
    seconds: float
    flags: tuple[Flag, ...]
    reason: str
    image: torch.Tensor | None


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Event: so many queries of a method are spent.

    value: how far it has come, None before there is anything: the smallest margin so far in logits (scores),
    or the distance of the nearest image that fooled, in the unit of eps (class).
    """

    method: MethodId
    queries: int
    value: float | None


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Event: a method has come to its end, and its last image is judged in float32, apart from its queries.

    fooled: the judge's verdict on that image, distance: how far it is, None where nothing fools; answer: what
    the network says of it. within: queries after which an image inside the ball was there, which the judge
    confirmed; None for never. start: queries until the first image that fooled, None for never.
    n_backward: gradients taken, counted like the queries. image: (C, H, W), the original where nothing fools.
    """

    method: MethodId
    queries: int
    n_backward: int
    fooled: bool
    distance: float | None
    within: int | None
    start: int | None
    answer: int
    seconds: float
    image: torch.Tensor


Event = Began | Measured | Heard | Ended
