"""What randomised smoothing is asked, and what it certifies. No torch.

Cohen, Rosenfeld and Kolter, arXiv 1902.02918. Lengths are in pixel values from 0 to 1. "Smoothed" is the
classifier that answers as the network does most often under Gaussian noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

from msgspec import Meta

from malt_core.errors import BadConfig
from malt_core.share import Share
from malt_core.types import MAX_SEED, check_count

MOST_SAMPLES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class SmoothingConfig:
    """How to certify. Raises BadConfig where a value is out of range.

    sigma: standard deviation of the noise, in the pixels of [0, 1], before any normalisation. selection:
    samples that say which class to certify. samples: others, that say how often it comes. alpha: how often
    a certificate may be wrong. seed: of the noise.
    """

    sigma: float = 0.12
    selection: int = 100
    samples: int = 1000
    alpha: float = 0.001
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.sigma <= 10:
            raise BadConfig(f"sigma must be above 0 and at most 10, not {self.sigma!r}.", setting="sigma")
        if not 0 < self.alpha < 0.5:
            raise BadConfig(f"alpha must be above 0 and below 0.5, not {self.alpha!r}.", setting="alpha")
        check_count("selection", self.selection, 1, MOST_SAMPLES)
        check_count("samples", self.samples, 1, MOST_SAMPLES)
        check_count("seed", self.seed, 0, MAX_SEED)

    @property
    def ceiling(self) -> float:
        """The radius (L2) that is certified where all samples agree: no more can be, whatever the network."""
        return radius_of(self.alpha ** (1 / self.samples), self.sigma)


def lower_bound(count: int, of: int, alpha: float) -> float:
    """Return what a probability is at least, with confidence 1 - alpha: `count` of `of` samples said yes.

    One-sided, of Clopper and Pearson (1934).
    """
    from scipy.stats import beta  # takes a while to load

    return float(beta.ppf(alpha, count, of - count + 1)) if count else 0.0


def radius_of(probability: float, sigma: float) -> float:
    """Return the radius (L2) within which a class that comes with more than this probability stays first.

    sigma times the normal quantile, theorem 1 with the other classes sharing the rest; 0 up to a half.
    """
    return sigma * NormalDist().inv_cdf(probability) if probability > 0.5 else 0.0


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What is certified of one image. answer: the class of the smoothed network, -1 for an abstention.

    count: how often it came, of so many samples. lower: the probability that it has at least. radius: L2,
    within which the answer cannot change; 0 for an abstention.
    """

    answer: int
    count: int
    lower: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class CertifiedImage:
    """One image of a data set: its certificate, and what it really shows."""

    index: Annotated[int, Meta(description="Its place in the data set.")]
    name: Annotated[str, Meta(description="Its name there.")]
    label: Annotated[int, Meta(description="The class that it shows.")]
    certificate: Certificate

    @property
    def right(self) -> bool:
        """Whether the smoothed network gets it right, without abstaining."""
        return self.certificate.answer == self.label

    @property
    def abstained(self) -> bool:
        """Whether too few samples agreed for any answer."""
        return self.certificate.answer < 0


@dataclass(frozen=True, kw_only=True)
class Attacked:
    """What an attack left of the same images at one radius (L2): an upper end for what can be certified."""

    radius: float
    left: int
    of: int


@dataclass(frozen=True, kw_only=True)
class CertifiedRecord:
    """Certificates over some images. dimension: numbers in an image; attacked: by ascending radius."""

    model: str
    data: str
    config: SmoothingConfig
    dimension: int
    images: tuple[CertifiedImage, ...]
    attacked: tuple[Attacked, ...] = ()

    def accuracy(self, radius: float) -> Share:
        """Return the share of images that are right for certain within this radius (L2): certified accuracy.

        At 0 it is the share that is right and certain at all: not the network's clean accuracy. An
        abstention counts as an error.
        """
        held = sum(image.right and image.certificate.radius >= radius for image in self.images)
        return Share(count=held, of=len(self.images))

    @property
    def abstentions(self) -> int:
        """How many images have no certain answer."""
        return sum(image.abstained for image in self.images)

    def steps(self) -> list[tuple[float, float]]:
        """Return the corners of the curve of accuracy against radius, from left to right."""
        corners, left = [], self.accuracy(0.0).value
        for radius in sorted({image.certificate.radius for image in self.images if image.right}):
            corners += [(corners[-1][0] if corners else 0.0, left), (radius, left)]
            left = sum(i.right and i.certificate.radius > radius for i in self.images) / len(self.images)
            corners.append((radius, left))
        return corners or [(0.0, 0.0), (self.config.ceiling, 0.0)]


def in_linf(radius: float, dimension: int) -> float:
    """Return the ε (L-infinity) that an L2 radius is worth: the cube that fits into the ball."""
    return radius / math.sqrt(dimension)


def median_radius(images: Sequence[CertifiedImage]) -> float:
    """Return the middle radius of images that are right, 0 where none is."""
    radii = sorted(image.certificate.radius for image in images if image.right)
    return radii[len(radii) // 2] if radii else 0.0
