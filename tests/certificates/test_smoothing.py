"""A linear network's smoothed answer is its own, and its certificate is known in closed form."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import norm
from torch import nn

from malt_core.certificates.smoothing import certify
from malt_core.certificates.types import (
    CertifiedImage,
    CertifiedRecord,
    SmoothingConfig,
    in_linf,
    lower_bound,
    radius_of,
)
from malt_core.errors import BadConfig

SHAPE = (1, 4, 4)


class Plane(nn.Module):
    """Two classes on both sides of a plane at distance `away` from mid-grey."""

    def __init__(self, away: float) -> None:
        super().__init__()
        direction = torch.randn(16, generator=torch.Generator().manual_seed(1))
        self.direction, self.away = direction / direction.norm(), away

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        beyond = (x - 0.5).flatten(1) @ self.direction + self.away
        return torch.stack((beyond, -beyond), 1)


CONFIG = SmoothingConfig(sigma=0.25, samples=1000)


@pytest.mark.parametrize("away", [0.05, 0.15, 0.3])
def test_the_certificate_of_a_plane_is_its_distance_within_its_confidence(away):
    # The smoothed answer has probability Phi(away / sigma): the true radius is `away`. With confidence 0.999
    # no certificate may be longer; and at most one in a thousand is short by more than the bound at a count
    # three standard deviations below the expected one.
    p, n = norm.cdf(away / CONFIG.sigma), CONFIG.samples
    short = int(n * p - 4 * (n * p * (1 - p)) ** 0.5)
    least = radius_of(lower_bound(short, n, CONFIG.alpha), CONFIG.sigma)
    found = [certify(Plane(away), torch.full(SHAPE, 0.5), CONFIG, index=i) for i in range(10)]
    assert all(one.answer == 0 for one in found)
    assert all(least <= one.radius <= away for one in found)
    assert len({one.count for one in found}) > 1  # other images, other noise
    assert found[0] == certify(Plane(away), torch.full(SHAPE, 0.5), CONFIG, index=0)


def test_where_all_samples_agree_the_radius_is_the_ceiling_and_more_samples_raise_it():
    far = certify(Plane(10.0), torch.full(SHAPE, 0.5), CONFIG)
    assert far.count == CONFIG.samples
    assert far.radius == pytest.approx(CONFIG.ceiling)
    assert far.lower == pytest.approx(CONFIG.alpha ** (1 / CONFIG.samples))
    assert SmoothingConfig(sigma=0.25, samples=10_000).ceiling > CONFIG.ceiling


def test_on_the_plane_it_abstains_and_an_abstention_is_an_error():
    on = certify(Plane(0.0), torch.full(SHAPE, 0.5), CONFIG)
    assert (on.answer, on.radius) == (-1, 0.0)
    near = certify(Plane(0.15), torch.full(SHAPE, 0.5), CONFIG)
    images = tuple(
        CertifiedImage(index=i, name="", label=label, certificate=one)
        for i, (label, one) in enumerate([(0, on), (0, near), (1, near)])
    )
    record = CertifiedRecord(model="m", data="d", config=CONFIG, dimension=16, images=images)
    assert (record.accuracy(0).count, record.accuracy(0).of, record.abstentions) == (1, 3, 1)
    assert record.accuracy(near.radius).count == 1
    assert record.accuracy(near.radius + 1e-9).count == 0
    assert record.steps() == [(0.0, 1 / 3), (near.radius, 1 / 3), (near.radius, 0.0)]
    assert in_linf(0.5, 3 * 64 * 64) == pytest.approx(1.15 / 255, rel=0.01)


def test_settings_out_of_range_are_refused():
    with pytest.raises(BadConfig, match="sigma"):
        SmoothingConfig(sigma=0)
    with pytest.raises(BadConfig, match="alpha"):
        SmoothingConfig(alpha=0.6)
