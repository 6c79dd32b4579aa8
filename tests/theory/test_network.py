"""The two-layer network on a line: where it crosses zero, against hand-made and against sampled networks."""

from __future__ import annotations

import torch

from malt_core.theory.network import TwoLayer, crossings, initial
from malt_core.theory.types import TheoryConfig


def linear(weights: list[float], subspace: int) -> TwoLayer:
    """The network that computes <weights, x>: relu(a) - relu(-a) = a."""
    w = torch.tensor(weights, dtype=torch.float64)
    return TwoLayer(torch.stack((w, -w)), torch.tensor([1.0, -1.0], dtype=torch.float64), subspace)


def test_a_linear_network_crosses_where_the_line_does():
    network = linear([3.0, 4.0], 1)
    before = network.before(torch.tensor([[2.0], [-1.0]], dtype=torch.float64))
    assert network.value(before).tolist() == [6.0, -3.0]
    assert network.gradient(before).tolist() == [[3.0, 4.0], [3.0, 4.0]]
    down = torch.tensor([[0.0, -1.0], [0.0, 1.0]], dtype=torch.float64) @ network.w.T
    found = crossings(network, before, down)
    assert torch.allclose(found.length, torch.tensor([1.5, 0.75], dtype=torch.float64))


def test_a_bend_on_the_way_counts():
    """N = relu(x) + relu(-t) - 2 relu(t - x) at x = 1, along t: 1 until t = 1, then it falls by 2 each."""
    w = torch.tensor([[1.0, 0.0], [0.0, -1.0], [-1.0, 1.0]], dtype=torch.float64)
    network = TwoLayer(w, torch.tensor([1.0, 1.0, -2.0], dtype=torch.float64), 1)
    before = network.before(torch.ones(1, 1, dtype=torch.float64))
    along = torch.tensor([[0.0, 1.0]], dtype=torch.float64) @ w.T
    found = crossings(network, before, along)
    assert found.length.tolist() == [1.5]
    assert found.pieces.tolist() == [1]
    back = crossings(network, before, -along)
    assert back.length.tolist() == [float("inf")]


def test_crossings_agree_with_a_fine_sampling():
    source = torch.Generator().manual_seed(3)
    network = initial(TheoryConfig(dimension=12, subspace=4, width=30), source)
    z = 3 * torch.randn(20, 4, generator=source, dtype=torch.float64)
    along = torch.randn(20, 12, generator=source, dtype=torch.float64) @ network.w.T
    before = network.before(z)
    found = crossings(network, before, along).length
    side = network.value(before).sign()
    t = torch.linspace(0, 5, 20_001, dtype=torch.float64)
    sampled = side * torch.stack([network.value(before + one * along) for one in t])
    for point, length in enumerate(found.tolist()):
        below = (sampled[:, point] <= 0).nonzero()
        if len(below):
            assert abs(float(t[below[0]]) - length) <= 2 * 5 / 20_000
        else:
            assert length > 5
    assert 0 < int((found <= 5).sum()) < 20  # both cases occur
