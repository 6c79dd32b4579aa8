"""FGSM and PGD where their end can be computed by hand, and inside the ball."""

from __future__ import annotations

import pytest
import torch

from malt_core.attacks.pgd import fgsm, pgd
from malt_core.numerics.gradients import Passes
from malt_core.types import Norm
from tests.helpers.analytic import Linear, assert_inside, classes, grey, images, smooth_cnn

NORMS: tuple[Norm, ...] = ("linf", "l2")


def corner(norm: Norm, eps: float) -> torch.Tensor:
    """Two classes, linear: the point of the ball with the smallest margin, (1, C, H, W)."""
    model = Linear(2)
    down = (model.weight[1] - model.weight[0]).detach().view_as(grey())
    return grey() + eps * (down.sign() if norm == "linf" else down / down.norm())


@pytest.mark.parametrize("norm", NORMS)
def test_on_a_linear_model_both_end_at_the_best_point(norm: Norm) -> None:
    model, y = Linear(2), torch.tensor([0])
    passes = Passes()
    one = fgsm(model, grey(), y, norm=norm, eps=0.05, passes=passes)
    torch.testing.assert_close(one, corner(norm, 0.05))
    assert (passes.forward, passes.backward) == (1, 1)
    many = pgd(model, grey(), y, norm=norm, eps=0.05, n_iter=60, seed=0, passes=passes)
    torch.testing.assert_close(many, corner(norm, 0.05), atol=1e-4, rtol=0)
    assert (passes.forward, passes.backward) == (61, 61)


@pytest.mark.parametrize("norm", NORMS)
def test_they_stay_in_the_ball_and_leave_their_input_alone(norm: Norm) -> None:
    model, x = smooth_cnn(), images(4)
    y, kept = classes(model, x), x.clone()
    eps = 8 / 255 if norm == "linf" else 0.5
    assert_inside(fgsm(model, x, y, norm=norm, eps=eps, passes=Passes()), x, norm, eps)
    assert_inside(pgd(model, x, y, norm=norm, eps=eps, n_iter=9, seed=0, passes=Passes()), x, norm, eps)
    assert torch.equal(x, kept)


def test_many_steps_fool_what_one_does_not() -> None:
    model, x = smooth_cnn(), images(8)
    y, how = classes(model, x), {"norm": "linf", "eps": 4 / 255}
    one = classes(model, fgsm(model, x, y, **how, passes=Passes())) != y
    many = classes(model, pgd(model, x, y, **how, n_iter=40, seed=0, passes=Passes())) != y
    assert many.sum() >= one.sum()
    assert many.any()


def test_the_seed_and_nothing_else_decides() -> None:
    model, x = smooth_cnn(), images(3)
    y = classes(model, x)

    def end(seed: int) -> torch.Tensor:
        return pgd(model, x, y, norm="linf", eps=1 / 255, n_iter=1, seed=seed, passes=Passes())

    first = end(0)
    torch.rand(7)
    assert torch.equal(first, end(0))
    assert not torch.equal(first, end(1))
