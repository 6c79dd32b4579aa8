"""What an experiment with the two-layer network is of, and what it finds. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from malt_core.errors import BadConfig
from malt_core.types import MAX_SEED, check_count

Data = Literal["synthetic", "digits"]
DATA: tuple[Data, ...] = ("synthetic", "digits")
Varied = Literal["dimension", "width", "scale", "decay", "toy"]
"""What a sweep varies; "toy" is the same with data on a line in the plane."""

MOST_DIMENSIONS, MOST_WIDTH, MOST_POINTS = 2000, 2048, 400
MOST_SCALE, MOST_DECAY = 3.0, 1.0
DIGITS_PIXELS = 64
T = tuple(round(0.1 * i, 1) for i in range(31))
"""Lengths of a step, in units of the distance to the boundary: 0 to 3."""


@dataclass(frozen=True, kw_only=True)
class TheoryConfig:
    """One experiment. Raises BadConfig where a value is out of range.

    data: points of length sqrt(dimension) drawn on the subspace, or scikit-learn's handwritten digits brought
    to it by principal components. dimension, subspace: of the input and of the data in it. width: hidden
    units. points: to train on. scale: the initial weights are this many times as large as usual. decay: what
    a step of gradient descent adds to the gradient is decay times the weights. seed: of data and weights.
    """

    data: Data = "synthetic"
    dimension: int = 200
    subspace: int = 10
    width: int = 500
    points: int = 100
    scale: float = 1.0
    decay: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.data not in DATA:
            raise BadConfig(f"data must be one of {', '.join(DATA)}, not {self.data!r}.", setting="data")
        check_count("dimension", self.dimension, 2, MOST_DIMENSIONS)
        check_count("subspace", self.subspace, 1, MOST_DIMENSIONS)
        check_count("width", self.width, 2, MOST_WIDTH)
        check_count("points", self.points, 4, MOST_POINTS)
        check_count("seed", self.seed, 0, MAX_SEED)
        if self.subspace >= self.dimension:
            raise BadConfig(
                f"subspace must be below the dimension, {self.dimension}: else no step leads off the data.",
                setting="subspace",
            )
        if self.data == "digits" and self.subspace > DIGITS_PIXELS:
            raise BadConfig(
                f"subspace must be at most {DIGITS_PIXELS}: a digit has so many pixels.", setting="subspace"
            )
        if not 0 < self.scale <= MOST_SCALE:
            raise BadConfig(f"scale must be above 0 and at most {MOST_SCALE:g}.", setting="scale")
        if not 0 <= self.decay <= MOST_DECAY:
            raise BadConfig(f"decay must be from 0 to {MOST_DECAY:g}.", setting="decay")

    @property
    def codimension(self) -> int:
        """How many dimensions there are off the data."""
        return self.dimension - self.subspace

    def varied(self, name: Varied, value: float, seed: int) -> TheoryConfig:
        """Return the same with another value of one setting, and another seed."""
        if name == "toy":
            return replace(self, data="synthetic", dimension=int(value), subspace=1, seed=seed)
        changed: dict[str, Any] = {name: value, "seed": seed}
        return replace(self, **changed)


@dataclass(frozen=True, kw_only=True)
class TrainingStep:
    """Event: gradient descent has taken so many steps.

    loss: mean logistic loss on the training points. margin: the smallest label times output among them.
    """

    step: int
    loss: float
    margin: float


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Median and quartiles over points; None where infinite, for points that never reach the boundary."""

    low: float | None
    median: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What happens along a step, at every length in T: the spread over points.

    drift: ||grad N(x + step) - grad N(x)|| / ||grad N(x)||. value: N(x + step) / N(x), 1 at x, 0 at the
    boundary.
    """

    drift: tuple[Spread, ...]
    value: tuple[Spread, ...]


@dataclass(frozen=True, kw_only=True)
class PointRecord:
    """One training point that the network gets right.

    label: 1 or -1. length: ||x||. value: label times N(x). on, off: length of the part of grad N(x) within
    the subspace and off it. predicted: value / off, where a step off the data would reach the boundary if N
    were linear. reached: where it does. within, whole: where a step along the part within the subspace, and
    along the whole gradient, does. pieces: linear pieces crossed until `reached`. None: never.
    """

    label: int
    length: float
    value: float
    on: float
    off: float
    predicted: float | None
    reached: float | None
    within: float | None
    whole: float | None
    pieces: int | None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What an experiment finds. points: those that were measured, in the order of the data.

    steps: of training, whose last ones are `loss` and `margin`. ended: why it did: every margin was large
    enough, the loss no longer fell, or there were too many steps. right, right_new: shares of the
    training points and of new points that the network gets right. switched: share of the pairs of a hidden
    unit and a training point at which the unit is on at the end and was off at first, or the other way round:
    0 in the lazy regime. moved: how far the weights within the subspace moved, as a share of their first
    length. shrunk: what is left of the weights off the subspace, as a share of their first length.
    off, random: along a step off the data down the gradient, and along a random one off the data, as long.
    """

    config: TheoryConfig
    steps: int
    loss: float
    margin: float
    ended: Literal["margin", "still", "steps"]
    right: float
    right_new: float
    switched: float
    moved: float
    shrunk: float
    points: tuple[PointRecord, ...]
    off: Curve
    random: Curve


@dataclass(frozen=True, kw_only=True)
class SweepPoint:
    """Event: one value of one setting with one seed.

    drift: at the boundary, the median over points; deviation: |N(x + predicted step)| / |N(x)|, by how much
    the linear prediction is off where it expects 0, likewise. relative: distance to the boundary off the data
    over ||x||; on, off: of the gradient. None where no point reaches the boundary. reached: share of the
    points that do.
    """

    varied: Varied
    value: float
    seed: int
    drift: float | None
    deviation: float | None
    relative: float | None
    on: float
    off: float
    reached: float


TheoryEvent = TrainingStep | Measured | SweepPoint


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """All that is known of an experiment so far. measured: None while it is being trained."""

    training: tuple[TrainingStep, ...]
    measured: Measured | None
    sweep: tuple[SweepPoint, ...]

    @classmethod
    def of(cls, events: Sequence[TheoryEvent]) -> Experiment:
        """Return what these events, the first ones of an experiment, have brought."""
        return cls(
            training=tuple(event for event in events if isinstance(event, TrainingStep)),
            measured=next((event for event in events if isinstance(event, Measured)), None),
            sweep=tuple(event for event in events if isinstance(event, SweepPoint)),
        )

    def swept(self, varied: Varied) -> tuple[SweepPoint, ...]:
        """Return the points at which this was varied."""
        return tuple(point for point in self.sweep if point.varied == varied)


DEEP_T = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Lengths of a step on a deep network, in units of the distance to the boundary."""


@dataclass(frozen=True, kw_only=True)
class DeepStage:
    """Event: how far a measurement on a deep network is, 0 to 1, and what comes now."""

    share: float
    sentence: str


@dataclass(frozen=True, kw_only=True)
class DeepRecord:
    """What a step down the gradient of a margin does, from one image of a deep network; see deep.py.

    target: the class that the margin is to, by index. dimension: of the image; subspace: of the frequencies
    that stand for the data. length: ||x||, of colour values from 0 to 1. margin: in logits. predicted,
    reached: L2 distances to the boundary, by a straight line and in truth; None for never. off: share of the
    gradient's squared length off those frequencies. value, drift, cosine, random_drift: at DEEP_T times
    `reached`, as in Curve, empty where that is None; cosine: of the gradients there and at x.
    """

    model: str
    image: str
    target: int
    dimension: int
    subspace: int
    length: float
    margin: float
    predicted: float | None
    reached: float | None
    off: float
    value: tuple[float, ...]
    drift: tuple[float, ...]
    cosine: tuple[float, ...]
    random_drift: tuple[float, ...]
