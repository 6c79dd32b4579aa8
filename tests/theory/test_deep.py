"""The measurement on deep networks, on functions whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from malt_core.theory.deep import frequencies_held, measure_deep, share_off
from malt_core.theory.statistics import summaries
from malt_core.theory.types import DEEP_T, DeepRecord

SIZE = 8


def measured(model, x: torch.Tensor) -> DeepRecord:
    inside = np.ones((SIZE, SIZE), bool)
    *_, record = measure_deep(model, x, inside, model_id="model", image="image")
    return record


def test_a_linear_network_does_not_drift_and_its_boundary_is_where_the_line_says():
    weights = torch.randn(2, 3 * SIZE * SIZE, generator=torch.Generator().manual_seed(0))
    x = torch.full((3, SIZE, SIZE), 0.5)
    gap = float((weights[0] - weights[1]) @ x.flatten())
    offset = torch.tensor([1.0 - gap, 0.0])  # the margin at x is 1: far from black and white
    record = measured(lambda images: images.flatten(1) @ weights.T + offset, x)
    slope = float((weights[0] - weights[1]).norm())
    assert record.target == 1
    assert record.margin == pytest.approx(1, abs=1e-4)
    assert record.predicted == pytest.approx(1 / slope, rel=1e-3)
    assert record.reached == pytest.approx(1 / slope, rel=1e-2)
    assert record.drift == pytest.approx([0.0] * len(DEEP_T), abs=1e-5)
    assert record.cosine == pytest.approx([1.0] * len(DEEP_T), abs=1e-5)
    assert record.value == pytest.approx([1 - t for t in DEEP_T], abs=0.02)
    assert record.off == 0


def test_of_a_quadratic_the_drift_is_known():
    """m(x) = r² - |x - c|²: down the gradient it reaches 0 at distance r from c, where the gradient is 2r."""
    centre, r = torch.full((3, SIZE, SIZE), 0.5), 0.5
    x = centre.clone()
    x[0, 0, 0] += 0.25
    record = measured(
        lambda images: torch.stack(
            (r**2 - (images - centre).square().flatten(1).sum(1), torch.zeros(len(images))), 1
        ),
        x,
    )
    assert record.predicted == pytest.approx((r**2 - 0.25**2) / (2 * 0.25), rel=1e-4)
    assert record.reached == pytest.approx(r - 0.25, rel=1e-2)
    half = DEEP_T.index(0.5)
    assert record.drift[half] == pytest.approx(0.5 * record.reached / 0.25, rel=1e-2)
    assert record.cosine[half] == pytest.approx(1)


def test_a_network_that_says_the_same_of_everything_has_no_boundary():
    record = measured(lambda images: torch.tensor([[1.0, 0.0]]).expand(len(images), 2), torch.rand(3, 8, 8))
    assert record.predicted is None
    assert record.reached is None
    assert record.drift == ()
    assert summaries([record]) == []


def wave(u: int, v: int) -> torch.Tensor:
    """The cosine pattern of one frequency."""
    k = (torch.arange(SIZE) + 0.5) * torch.pi / SIZE
    return torch.outer(torch.cos(u * k), torch.cos(v * k)).expand(3, SIZE, SIZE)


def test_the_frequencies_held_are_those_that_images_are_made_of():
    images = torch.stack((0.5 + 0.2 * wave(1, 0), 0.5 + 0.2 * wave(0, 2)))
    inside = frequencies_held(images)
    assert {tuple(place) for place in np.argwhere(inside)} == {(0, 0), (1, 0), (0, 2)}
    assert share_off(wave(1, 0), inside) == pytest.approx(0, abs=1e-9)
    assert share_off(wave(3, 3), inside) == pytest.approx(1)
    assert share_off(wave(1, 0) + wave(3, 3), inside) == pytest.approx(
        float(wave(3, 3).square().sum() / (wave(1, 0).square().sum() + wave(3, 3).square().sum()))
    )


def test_closing_it_stops_it():
    passes = []

    def model(images: torch.Tensor) -> torch.Tensor:
        passes.append(len(images))
        return images.flatten(1)[:, :2]

    events = measure_deep(model, torch.rand(3, 8, 8), np.ones((8, 8), bool), model_id="m", image="i")
    next(events)
    events.close()
    assert not passes
