"""Training in the subspace's coordinates is gradient descent on all weights."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch.nn.functional import softplus

from malt_core.numerics.random import row_generator
from malt_core.theory import training
from malt_core.theory.data import draw
from malt_core.theory.network import initial
from malt_core.theory.types import TheoryConfig, TrainingStep

SMALL = TheoryConfig(dimension=40, subspace=6, width=60, points=24)


def trained(config: TheoryConfig) -> tuple[list[TrainingStep], training.Trained]:
    points = draw(config, row_generator(0, 0, 0))
    *steps, end = training.train(initial(config, row_generator(0, 0, 1)), points.z, points.y, config.decay)
    return steps, end


def test_it_takes_the_steps_of_gradient_descent_on_all_weights(monkeypatch: pytest.MonkeyPatch):
    """Automatic differentiation in the whole input, with the same step sizes."""
    monkeypatch.setattr(training, "MOST_STEPS", 4)
    decay = 0.02
    points, network = draw(SMALL, row_generator(0, 0, 0)), initial(SMALL, row_generator(0, 0, 1))
    x = torch.cat((points.z, torch.zeros(len(points.z), SMALL.codimension, dtype=torch.float64)), 1)
    w, u = network.w.clone().requires_grad_(), network.u.clone().requires_grad_()
    rate = training.START / training._curvature(network, points.z)
    for _ in range(4):
        rate *= training.GROWTH
        loss = softplus(-points.y * ((x @ w.T).clamp(min=0) @ u)).mean()
        loss = loss + decay / 2 * (w.square().sum() + u.square().sum())
        by_w, by_u = torch.autograd.grad(loss, (w, u))
        w, u = (w - rate * by_w).detach().requires_grad_(), (u - rate * by_u).detach().requires_grad_()
    *_, end = training.train(network, points.z, points.y, decay)
    assert end.steps == 4
    assert torch.allclose(end.network.w, w.detach())
    assert torch.allclose(end.network.u, u.detach())


def test_weights_off_the_data_stay_as_they_were_but_for_decay():
    first = initial(SMALL, row_generator(0, 0, 1))
    _, end = trained(SMALL)
    assert torch.equal(end.network.w[:, 6:], first.w[:, 6:])
    assert not torch.allclose(end.network.w[:, :6], first.w[:, :6])
    _, end = trained(replace(SMALL, decay=0.05))
    assert 0 < end.shrunk < 0.9
    assert torch.allclose(end.network.w[:, 6:], end.shrunk * first.w[:, 6:])


def test_the_loss_falls_until_every_point_is_right_by_a_margin():
    steps, end = trained(SMALL)
    losses = [step.loss for step in steps]
    assert all(later <= earlier for earlier, later in pairwise(losses))
    assert end.ended == "margin"
    assert end.margin >= training.ENOUGH
    assert steps[-1].margin == end.margin
    assert steps[-1].step == end.steps


def test_it_ends_where_it_is_told_to(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(training, "MOST_STEPS", 3)
    _, end = trained(SMALL)
    assert (end.steps, end.ended) == (3, "steps")
