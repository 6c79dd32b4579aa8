"""What is proven over several images, and for the points of a two-layer network. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from malt_core.certificates.two_layer_types import Radii
from malt_core.certificates.types import CertifiedImage
from malt_core.theory.types import TheoryConfig

SMOOTHED = "tiny-imagenet/noise"  # trained on pictures with Gaussian noise
SIGMA = 0.12  # of that noise
SMALL = TheoryConfig(dimension=20, subspace=4, width=16, points=20)
"""A two-layer network small enough for the exact answer."""
MOST_UNITS = 40  # hidden units up to which the exact answer is looked for
MEASURED = 8  # points


@dataclass(frozen=True, kw_only=True)
class Certifying:
    """Event: an image is under way. done: images before it; drawn: samples of it so far, of so many."""

    done: int
    total: int
    drawn: int
    of: int


@dataclass(frozen=True, kw_only=True)
class PointProof:
    """Event: what is proven of one training point of a two-layer network. number: from 0; total: of all."""

    number: int
    total: int
    radii: Radii


@dataclass(frozen=True, kw_only=True)
class TwoLayerProof:
    """What is proven of the points of one network so far. config: of the network."""

    config: TheoryConfig
    points: tuple[Radii, ...]

    @property
    def ordered(self) -> bool:
        """Whether interval <= convex <= exact <= attack holds at every point, as it must."""
        return all(
            point.interval <= point.convex
            and (point.exact is None or point.convex <= point.exact)
            and (None in (point.exact, point.attack) or point.exact <= point.attack)
            for point in self.points
        )

    def share(self, name: str) -> float | None:
        """Return the median of a certificate as a share of the exact radius; None where that is not known."""
        shares = [getattr(point, name) / point.exact for point in self.points if point.exact]
        return median(shares) if shares else None


def two_layer_proof(config: TheoryConfig, events: Sequence[object]) -> TwoLayerProof:
    """Return what these events have brought."""
    points = tuple(event.radii for event in events if isinstance(event, PointProof))
    return TwoLayerProof(config=config, points=points)


ProofEvent = Certifying | CertifiedImage | PointProof
