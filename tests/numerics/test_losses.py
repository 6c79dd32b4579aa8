"""Margins by hand, the targeted DLR against pyautoattack's."""

import pytest
import torch
from pyautoattack.autopgd_base import APGDAttack_targeted

from malt_core.numerics import losses

Z = torch.tensor([[3.0, 1.0, 2.0, -1.0], [0.5, 4.0, 0.0, 4.5]])
Y = torch.tensor([0, 1])


def random_logits(n_classes: int) -> torch.Tensor:
    return torch.randn(40, n_classes, generator=torch.Generator().manual_seed(n_classes))


def test_margins_by_hand():
    assert losses.margin_to(Z, Y, torch.tensor([1, 2])).tolist() == [2.0, 4.0]
    assert losses.best_margin(Z, Y).tolist() == [1.0, -0.5]


def test_best_margin_is_the_smallest_of_all_margins():
    z = random_logits(7)
    y = torch.arange(40) % 7
    all_margins = torch.stack([losses.margin_to(z, y, torch.full_like(y, i)) for i in range(7)], dim=1)
    all_margins.scatter_(1, y[:, None], torch.inf)
    assert torch.equal(losses.best_margin(z, y), all_margins.amin(1))
    assert torch.equal(losses.best_margin(z, y) < 0, z.argmax(1) != y)


def test_targeted_dlr_by_hand():
    # z_(1), z_(3), z_(4) of the first row are 3, 1, -1: -(3 - 1) / (3 - 0) = -2/3.
    torch.testing.assert_close(losses.targeted_loss(Z, Y, torch.tensor([1, 2]))[0], torch.tensor(-2 / 3))


@pytest.mark.parametrize("n_classes", [4, 5, 10, 100])
def test_targeted_dlr_and_its_gradient_are_those_of_autoattack(n_classes):
    z = random_logits(n_classes).requires_grad_()
    y, target = z.argmax(1), z.argsort(1)[:, -3]
    oracle = APGDAttack_targeted(None, eps=1.0, device="cpu")
    oracle.y_target = target
    theirs, ours = oracle.dlr_loss_targeted(z, y), losses.targeted_loss(z, y, target)
    assert losses.loss_name(n_classes) == "dlr-targeted"
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    (g_theirs,), (g_ours,) = (torch.autograd.grad(v.sum(), z) for v in (theirs, ours))
    torch.testing.assert_close(g_ours, g_theirs)


def test_targeted_dlr_does_not_change_when_logits_are_shifted_or_scaled():
    z = random_logits(10).double()
    y, target = z.argmax(1), z.argsort(1)[:, -2]
    before = losses.targeted_loss(z, y, target)
    torch.testing.assert_close(losses.targeted_loss(5 * z - 3, y, target), before)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_below_four_classes_the_margin_stands_in(n_classes):
    z = random_logits(n_classes)
    y = z.argmax(1)
    target = (y + 1) % n_classes
    assert losses.loss_name(n_classes) == "margin"
    assert torch.equal(losses.targeted_loss(z, y, target), -losses.margin_to(z, y, target))


def test_equal_logits_give_a_finite_loss():
    z = torch.zeros(1, 10, requires_grad=True)
    loss = losses.targeted_loss(z, torch.tensor([0]), torch.tensor([1]))
    (gradient,) = torch.autograd.grad(loss.sum(), z)
    assert loss.isfinite().all()
    assert gradient.isfinite().all()
