"""What is measured of networks whose answer is known."""

from __future__ import annotations

import pytest
import torch

from malt_core.theory.data import Points
from malt_core.theory.measurement import Look, measure, spread, sweep_point
from malt_core.theory.network import TwoLayer
from malt_core.theory.training import Trained
from malt_core.theory.types import T, TheoryConfig
from tests.theory.test_network import linear

Z = torch.tensor([[2.0], [-1.0], [0.5]], dtype=torch.float64)
Y = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)


def as_trained(network) -> Trained:
    return Trained(network, steps=1, loss=0.1, margin=1.0, ended="margin", shrunk=1.0)


def test_a_linear_network_does_not_drift_and_is_foretold_exactly():
    """relu(9x + t) - relu(6x - t) is 3x + 2t while both units are on: for x > 0 until past the boundary."""
    w = torch.tensor([[9.0, 1.0, 0.0], [6.0, -1.0, 0.0]], dtype=torch.float64)
    network = TwoLayer(w, torch.tensor([1.0, -1.0], dtype=torch.float64), 1)
    config = TheoryConfig(dimension=3, subspace=1, width=2, points=4)
    points = Points(Z[::2], Y[::2], Z[::2], Y[::2])
    found = measure(config, network, as_trained(network), points, torch.Generator().manual_seed(0))
    assert (found.right, found.right_new, found.switched, found.moved) == (1, 1, 0, 0)
    first = found.points[0]
    assert (first.on, first.off, first.value, first.length) == (3, 2, 6, 2)
    assert first.predicted == pytest.approx(3)
    assert first.reached == pytest.approx(3)
    assert first.pieces == 0
    assert first.within == pytest.approx(2.0)  # 6 / 3, all the way to 0
    assert first.whole == pytest.approx(6 / 13**0.5)
    assert [one.median for one in found.off.drift] == pytest.approx([0.0] * len(T))
    assert [one.median for one in found.off.value] == pytest.approx([1 - t for t in T])
    point = sweep_point("width", 2, 0, as_trained(network), points)
    assert point.drift == pytest.approx(0)
    assert point.deviation == pytest.approx(0)
    assert point.relative == pytest.approx(1.5)
    assert (point.on, point.off, point.reached) == (3, 2, 1)


def test_without_any_weight_off_the_data_nothing_is_reached():
    network = linear([3.0, 0.0], 1)
    point = sweep_point("decay", 1, 0, as_trained(network), Points(Z, Y, Z, Y))
    assert (point.off, point.reached, point.drift, point.relative) == (0, 0, None, None)
    look = Look(network, Z)
    assert look.found.length.tolist() == [float("inf")] * 3


def test_where_the_network_is_wrong_nothing_is_measured():
    network = linear([3.0, 4.0], 1)
    config = TheoryConfig(dimension=2, subspace=1, width=2, points=4)
    found = measure(
        config, network, as_trained(network), Points(Z, -Y, Z, Y), torch.Generator().manual_seed(0)
    )
    assert found.right == 0
    assert found.points == ()


def test_quartiles_may_be_infinite():
    found = spread(torch.tensor([1.0, 2.0, 3.0, torch.inf, torch.inf], dtype=torch.float64))
    assert (found.low, found.median, found.high) == (2.0, 3.0, None)
    assert spread(torch.tensor([])).median is None
