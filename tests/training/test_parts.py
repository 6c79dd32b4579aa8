"""Augmentation, optimiser, workers and training attacks, each on its own."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from malt_core.models.architectures import SmallResNet
from training.augment import Augmentation, augment, cutmix, to_batch
from training.data import ClassName, Images
from training.evaluate import noise_accuracy, pgd
from training.optim import orthogonalise, schedule, update_average
from training.parallel import Workers
from training.recipes import FURTHER, RECIPES, n_fgsm, noisy


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return SmallResNet(5, widths=(8, 16), depth=1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_network_is_as_small_as_promised() -> None:
    net = SmallResNet(200)
    assert sum(p.numel() for p in net.parameters()) < 8e6
    assert net.eval()(torch.rand(1, 3, 64, 64)).shape == (1, 200)
    assert net(torch.rand(1, 3, 33, 47)).shape == (1, 200)


def test_augmentation_is_seeded_and_stays_in_range() -> None:
    pixels = torch.randint(0, 256, (70, 64, 64, 3), dtype=torch.uint8, generator=generator())
    one, same, other = (augment(pixels, 48, Augmentation(0.6), generator(s)) for s in (1, 1, 2))
    assert one.shape == (70, 3, 48, 48)
    assert 0 <= one.min() < one.max() <= 1
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_augmentation_without_change_is_the_image_or_its_mirror() -> None:
    pixels = torch.randint(0, 256, (8, 64, 64, 3), dtype=torch.uint8, generator=generator())
    still = Augmentation(min_side=1, max_side=1, brightness=0, contrast=0)
    got = augment(pixels, 64, still, generator())
    source = F.pad(to_batch(pixels), (4, 4, 4, 4), mode="reflect")
    windows = [source[:, :, i : i + 64, j : j + 64] for i in range(9) for j in range(9)]
    candidates = torch.stack(windows + [w.flip(3) for w in windows])
    assert ((candidates - got).abs().amax((2, 3, 4)).amin(0) < 1e-6).all()


def test_a_box_of_another_image_brings_its_share_of_the_target() -> None:
    x = torch.arange(40.0)[:, None, None, None].expand(40, 3, 16, 16)
    target = F.one_hot(torch.arange(40) % 5, 5).float()
    mixed, got = cutmix(x, target, 0.5, generator())
    area = (mixed[:, 0] == 39 - x[:, 0]).float().mean((1, 2))
    assert 5 < (area == 0).sum() < 35
    assert area.max() > 0.3
    assert ((mixed == x) | (mixed == 39 - x)).all()
    assert torch.allclose(got, (1 - area)[:, None] * target + area[:, None] * target.flip(0))


def test_noise_is_not_clipped_and_judged_by_majority(net: nn.Module) -> None:
    x = torch.rand(4, 3, 64, 64, generator=generator())
    noise = noisy(x, 0.12, generator()) - x
    assert noise.std() == pytest.approx(0.12, rel=0.02)
    assert noisy(x, 0.12, generator()).min() < 0
    untouched = noisy(x, 0.12, generator(), clean=0.5) == x
    assert {True, False} == {bool(u.all()) for u in untouched}
    pixels = torch.randint(0, 256, (9, 16, 16, 3), dtype=torch.uint8, generator=generator())
    labels = net.eval()(to_batch(pixels)).argmax(1)
    labels[0] = (labels[0] + 1) % 5
    images = Images(pixels, labels, tuple(ClassName(n, None) for n in "abcde"), "noise")

    def accuracy(sigma: float, draws: int) -> float:
        return noise_accuracy(net, images, 9, 16, sigma, draws, torch.device("cpu"), Workers(1))

    assert accuracy(0.0, 3) == pytest.approx(8 / 9)
    assert accuracy(0.5, 3) == accuracy(0.5, 3)


@pytest.mark.parametrize("shape", [(8, 40), (40, 8)])
def test_orthogonalise_makes_singular_values_alike(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=generator())
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    result = orthogonalise(matrix)
    singular = torch.linalg.svdvals(result)
    assert 0.5 < singular.min() <= singular.max() < 1.4
    assert ((u.T @ result @ v.T).diagonal() > 0.5).all()  # the same directions


def test_the_schedule_rises_and_ends_at_zero() -> None:
    assert schedule(0.0) == 0
    assert schedule(0.05) == pytest.approx(1)
    assert schedule(1.0) == 0
    recipe = RECIPES["robust"]
    assert recipe.eps_at(0) == pytest.approx(1 / 255)
    assert recipe.eps_at(recipe.eps_grown) == recipe.eps_at(1) == 4 / 255
    assert recipe.size_at(0) < recipe.size_at(1) == 64
    assert FURTHER["robust"].eps_at(0) == 4 / 255


def test_the_average_moves_by_its_share(net: nn.Module) -> None:
    average, moved = copy.deepcopy(net), copy.deepcopy(net)
    with torch.no_grad():
        moved.head.bias.add_(1)
        moved.norm.running_mean.add_(1)
    update_average(average, moved, 0.75)
    assert torch.allclose(average.head.bias, net.head.bias + 0.25)
    assert torch.allclose(average.norm.running_mean, net.norm.running_mean + 0.25)


def test_two_workers_average_the_gradients_of_their_shares(net: nn.Module) -> None:
    x, y = torch.rand(8, 3, 16, 16, generator=generator()), torch.arange(8) % 5
    net.train()
    parts = []
    for share in (0, 1):
        alone = copy.deepcopy(net)
        loss = F.cross_entropy(alone(x[share::2]), y[share::2])
        parts.append((loss.item(), torch.autograd.grad(loss, list(alone.parameters()))))
    workers = Workers(2)
    mean = workers.gradients(net, lambda part, i: F.cross_entropy(part(x[i::2]), y[i::2]))
    assert mean == pytest.approx((parts[0][0] + parts[1][0]) / 2)
    for p, a, b in zip(net.parameters(), parts[0][1], parts[1][1], strict=True):
        assert torch.allclose(p.grad, (a + b) / 2, atol=1e-6)
    with torch.no_grad():
        net.head.bias.add_(1)
    workers.gradients(net, lambda part, i: part(x[i::2]).sum())
    assert torch.equal(workers.copies[0].head.bias, net.head.bias)  # copies follow


def test_training_attacks_raise_the_loss_and_keep_to_their_ball(net: nn.Module) -> None:
    x, y = torch.rand(16, 3, 16, 16, generator=generator()), torch.arange(16) % 5
    net.eval().requires_grad_(False)
    eps = 8 / 255

    def loss(images: torch.Tensor) -> float:
        return F.cross_entropy(net(images), y).item()

    stepped = n_fgsm(net, x, y, eps, generator())
    assert (stepped - x).abs().max() <= 3 * eps + 1e-6
    assert 0 <= stepped.min() <= stepped.max() <= 1
    adversarial = pgd(net, x, y, eps, 10)
    assert (adversarial - x).abs().max() <= eps + 1e-6
    assert 0 <= adversarial.min() <= adversarial.max() <= 1
    assert loss(adversarial) > loss(x)
    assert loss(adversarial) > loss(n_fgsm(net, x, y, eps / 8, generator()))
