"""What a step off the data does to a trained two-layer network: exact crossings, drift, linear prediction."""

from __future__ import annotations

import torch
from torch import Tensor

from malt_core.theory.data import Points
from malt_core.theory.network import TwoLayer, crossings
from malt_core.theory.training import Trained
from malt_core.theory.types import Curve, Measured, PointRecord, Spread, SweepPoint, T, TheoryConfig, Varied

MEASURED = 40  # points at most


class Look:
    """A network looked at from points on the data, z (P, subspace), all of which it gets right.

    before: (P, width); value: (P,) label times N; gradient: (P, dimension), with its part off the subspace,
    off (P, dimension - subspace). down: (P, width) what a step of length 1 off the data, down the gradient,
    adds to what the hidden units get. off_length: (P,). found: where such steps reach the boundary.
    """

    def __init__(self, network: TwoLayer, z: Tensor) -> None:
        p = network.subspace
        self.network = network
        self.before = network.before(z)
        signed = network.value(self.before)
        self.side, self.value = signed.sign(), signed.abs()
        self.gradient = network.gradient(self.before)
        self.on, self.off = self.gradient[:, :p], self.gradient[:, p:]
        self.off_length = self.off.norm(dim=1)
        self.down = self.along(self.gradient * (torch.arange(network.w.shape[1]) >= p))
        self.found = crossings(network, self.before, self.down)

    def along(self, direction: Tensor) -> Tensor:
        """Return what steps of length 1 against the direction (P, dimension) add, downhill; 0 where it is."""
        length = direction.norm(dim=1, keepdim=True)
        unit = torch.where(length > 0, direction / length, 0.0)
        return -self.side[:, None] * (unit @ self.network.w.T)

    def reached(self, direction: Tensor) -> Tensor:
        """Return how far the boundary is down this direction, (P,), inf for never."""
        return crossings(self.network, self.before, self.along(direction)).length

    @property
    def predicted(self) -> Tensor:
        """How far the boundary would be off the data if N were linear, (P,)."""
        return self.value / self.off_length

    def drift(self, adds: Tensor, length: Tensor) -> Tensor:
        """Return the change of the gradient after steps of `length` (P,), as a share of it, (P,)."""
        there = self.network.gradient(self.before + length[:, None] * adds)
        return (there - self.gradient).norm(dim=1) / self.gradient.norm(dim=1)

    def value_at(self, adds: Tensor, length: Tensor) -> Tensor:
        """Return N(x + step) / N(x) after steps of `length` (P,), (P,)."""
        return self.side * self.network.value(self.before + length[:, None] * adds) / self.value


def right_ones(network: TwoLayer, z: Tensor, y: Tensor) -> Tensor:
    """Return which of the points the network gets right, (P,) bool."""
    return y * network.value(network.before(z)) > 0


def measure(
    config: TheoryConfig, first: TwoLayer, trained: Trained, points: Points, source: torch.Generator
) -> Measured:
    """Return what the trained network does. first: it, before training."""
    network, p = trained.network, config.subspace
    right = right_ones(network, points.z, points.y)
    z, y = points.z[right][:MEASURED], points.y[right][:MEASURED]
    look = Look(network, z)
    switched = (first.before(points.z) > 0) != (network.before(points.z) > 0)
    on = first.w[:, :p]
    within = torch.cat((look.on, torch.zeros_like(look.off)), 1)
    reached = look.found.length
    records = zip(
        y.tolist(), z.norm(dim=1).tolist(), look.value.tolist(), look.on.norm(dim=1).tolist(),
        look.off_length.tolist(), _known(look.predicted), _known(reached), _known(look.reached(within)),
        _known(look.reached(look.gradient)), look.found.pieces.tolist(), strict=True,
    )  # fmt: skip
    return Measured(
        config=config,
        steps=trained.steps,
        loss=trained.loss,
        margin=trained.margin,
        ended=trained.ended,
        right=float(right.double().mean()),
        right_new=float(right_ones(network, points.new_z, points.new_y).double().mean()),
        switched=float(switched.double().mean()),
        moved=float((network.w[:, :p] - on).norm() / on.norm()),
        shrunk=trained.shrunk,
        points=tuple(_record(*record) for record in records),
        off=_curve(look, look.down),
        random=_curve(look, look.along(_random(look, p, source))),
    )


def _record(
    label: float,
    length: float,
    value: float,
    on: float,
    off: float,
    predicted: float | None,
    reached: float | None,
    within: float | None,
    whole: float | None,
    pieces: int,
) -> PointRecord:
    return PointRecord(
        label=int(label),
        length=length,
        value=value,
        on=on,
        off=off,
        predicted=predicted,
        reached=reached,
        within=within,
        whole=whole,
        pieces=None if reached is None else pieces,
    )


def _random(look: Look, p: int, source: torch.Generator) -> Tensor:
    """Return random directions off the subspace, (P, dimension)."""
    noise = torch.randn(look.gradient.shape, generator=source, dtype=torch.float64)
    noise[:, :p] = 0
    return noise


def _curve(look: Look, adds: Tensor) -> Curve:
    """Return what happens along steps of T times the distance to the boundary off the data."""
    there = look.found.length.isfinite()
    drift, value = [], []
    for t in T:
        length = torch.where(there, t * look.found.length, 0.0)
        drift.append(spread(look.drift(adds, length)[there]))
        value.append(spread(look.value_at(adds, length)[there]))
    return Curve(drift=tuple(drift), value=tuple(value))


def spread(values: Tensor) -> Spread:
    """Return the quartiles of values (P,), of which some may be infinite; None for those, and for no values.

    They are values that occur, the lower of two in the middle.
    """
    if not len(values):
        return Spread(low=None, median=None, high=None)
    low, median, high = _known(
        torch.quantile(values, torch.tensor([0.25, 0.5, 0.75], dtype=values.dtype), interpolation="lower")
    )
    return Spread(low=low, median=median, high=high)


def _known(values: Tensor) -> list[float | None]:
    return [value if abs(value) != float("inf") else None for value in values.tolist()]


def sweep_point(varied: Varied, value: float, seed: int, trained: Trained, points: Points) -> SweepPoint:
    """Return what a sweep says of one trained network."""
    network = trained.network
    right = right_ones(network, points.z, points.y)
    z = points.z[right][:MEASURED]
    look = Look(network, z)
    length = look.found.length
    there = length.isfinite()
    far = torch.where(there, length, 0.0)
    predicted = torch.where(there & look.predicted.isfinite(), look.predicted, 0.0)
    return SweepPoint(
        varied=varied,
        value=value,
        seed=seed,
        drift=spread(look.drift(look.down, far)[there]).median,
        deviation=spread(look.value_at(look.down, predicted).abs()[there]).median,
        relative=spread((length / z.norm(dim=1))[there]).median,
        on=spread(look.on.norm(dim=1)).median or 0.0,
        off=spread(look.off_length).median or 0.0,
        reached=float(there.double().mean()) if len(z) else 0.0,
    )
