"""What is asked of a transfer matrix, and what it tells image by image. No torch.

Classes are indices: of the row's network where nothing else is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from malt_core.epsilon import as_number, check_eps
from malt_core.errors import BadConfig
from malt_core.types import MAX_SEED, check_count

Method = Literal["malt", "naive", "momentum"]
Comparison = Literal["naive", "momentum", "several"]
COMPARISONS: tuple[Comparison, ...] = ("naive", "momentum", "several")
N_ITER = 30
STEP = 0.1  # of eps; arXiv 1710.06081 divides eps by its ten steps
DECAY = 1.0  # of the momentum, that paper's mu
MOST_NETWORKS = 12


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """Which networks to attack and to ask, and how.

    rows: ids of the networks that adversarial images are made on; columns: of those that they are tried on.
    eps: linf radius from 0 to 1, in the pixels that the row's network sees; 0 changes nothing. n_iter: steps
    of every attack, all of which are taken. seed: of the random noise.
    compare: what is tried besides MALT's target with plain steps: "naive", the likeliest wrong class in its
    place; "momentum", the same target with momentum; "several", the mean of several networks' logits.
    Raises BadConfig where a value is out of range.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    eps: float = 8 / 255
    n_iter: int = N_ITER
    seed: int = 0
    compare: tuple[Comparison, ...] = COMPARISONS

    def __post_init__(self) -> None:
        object.__setattr__(self, "eps", as_number(self.eps))
        if self.eps != 0:
            check_eps(self.eps)
        check_count("n_iter", self.n_iter, 1, 10_000)
        check_count("seed", self.seed, 0, MAX_SEED)
        for name, ids in (("rows", self.rows), ("columns", self.columns)):
            if not 1 <= len(ids) <= MOST_NETWORKS or len(set(ids)) != len(ids):
                raise BadConfig(
                    f"{name} must be from 1 to {MOST_NETWORKS} different networks, not {len(ids)}: "
                    f"{', '.join(ids)}.",
                    setting=name,
                )
        for one in self.compare:
            if one not in COMPARISONS:
                raise BadConfig(f"Unknown comparison {one!r}: choose from {', '.join(COMPARISONS)}.")

    @property
    def networks(self) -> tuple[str, ...]:
        """Every network that takes part, each once: the rows, then the columns that are no rows."""
        return tuple(dict.fromkeys((*self.rows, *self.columns)))

    @property
    def methods(self) -> tuple[Method, ...]:
        """How single networks are attacked; the matrix is of the first."""
        return ("malt", *(one for one in ("naive", "momentum") if one in self.compare))


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What one attack on the row's network made of one image."""

    method: Annotated[
        Method,
        Meta(
            description="malt: towards the class that MALT puts nearest; naive: towards the likeliest wrong "
            "class; momentum: as malt, with momentum."
        ),
    ]
    target: Annotated[int, Meta(description="The class aimed at.")]
    own: Annotated[
        int,
        Meta(description="What the row's network says of the last point, as the attack itself saw it."),
    ]
    l2: Annotated[float, Meta(description="Length of the change in the row's pixels, L2.")]
    answers: Annotated[
        tuple[int, ...],
        Meta(description="For each column, its network's class for the image; -1: no finite scores."),
    ]
    same: Annotated[
        tuple[bool, ...],
        Meta(description="For each column, whether that is the class that the row's network says, own."),
    ]


@dataclass(frozen=True, kw_only=True)
class RowOfImage:
    """One image, attacked on the network of one row, and tried on those of the columns."""

    index: Annotated[int, Meta(description="Its place in the data set.")]
    row: Annotated[int, Meta(description="The place of the network in rows.")]
    labelled: Annotated[
        bool, Meta(description="False: nobody says what it shows, so the row's answer counts as right.")
    ]
    right: Annotated[tuple[int, ...], Meta(description="The row's classes that are right; none: no word.")]
    clean: Annotated[int, Meta(description="What the row's network says without any attack; -1: nothing.")]
    column_right: Annotated[
        tuple[tuple[int, ...], ...],
        Meta(description="For each column, its own classes that are right; none: it has no word for it."),
    ]
    column_clean: Annotated[
        tuple[int, ...],
        Meta(description="For each column, its answer without any attack, the image resized if need be."),
    ]
    column_noise: Annotated[
        tuple[int, ...], Meta(description="For each column, its answer to random noise of the same size.")
    ]
    noise_l2: Annotated[float, Meta(description="Length of that noise in the row's pixels, L2.")]
    attempts: Annotated[
        tuple[Attempt, ...],
        Meta(description="Empty where the row's network is wrong without any attack."),
    ] = ()

    @property
    def attacked(self) -> bool:
        """Whether the row's network is right without any attack."""
        return self.clean in self.right

    def counts(self, column: int) -> bool:
        """Whether both networks are right without any attack."""
        return self.attacked and self.column_clean[column] in self.column_right[column]

    def attempt(self, method: Method) -> Attempt | None:
        """What the attack of that name made of it, None where there was none."""
        return next((one for one in self.attempts if one.method == method), None)

    def fooled(self, column: int, answer: int) -> bool:
        """Whether this answer of the column's network is wrong."""
        return answer not in self.column_right[column]


@dataclass(frozen=True, kw_only=True)
class SeveralOfImage:
    """One image, attacked on the mean of several networks' logits, and tried on one that is none of them."""

    index: Annotated[int, Meta(description="Its place in the data set.")]
    column: Annotated[int, Meta(description="The place of the network that it is tried on in columns.")]
    members: Annotated[tuple[int, ...], Meta(description="The places of those that were averaged, in rows.")]
    target: Annotated[int, Meta(description="The class aimed at, MALT's first for the mean.")]
    own: Annotated[int, Meta(description="What the mean says of the last point.")]
    l2: Annotated[float, Meta(description="Length of the change in the members' pixels, L2.")]
    answer: Annotated[int, Meta(description="What the column's network says of the image, its own class.")]


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Event: an image that could not be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Working:
    """Event: so much is done. done, total: images; doing: what is under way, for people."""

    done: int
    total: int
    doing: str


Event = Working | Skipped | RowOfImage | SeveralOfImage
