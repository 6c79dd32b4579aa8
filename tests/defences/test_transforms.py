"""Defences that change the picture: what they give, and which gradient."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from malt_core.attacks.malt.batch import malt
from malt_core.defences.bit_depth import BitDepth, bit_depth
from malt_core.defences.jpeg import Jpeg, jpeg
from malt_core.defences.median import Median, median
from malt_core.defences.random_resize import RandomResize
from malt_core.defences.randomised import Randomised
from malt_core.defences.smooth_jpeg import smooth_jpeg
from malt_core.defences.smoothing import Smoothing
from malt_core.errors import MaltWarning
from tests.helpers.analytic import classes, images, smooth_cnn

NETWORK = smooth_cnn()


@pytest.mark.parametrize(
    "defended",
    [
        BitDepth(NETWORK, 8),
        Median(NETWORK, 1),
        Randomised(RandomResize(NETWORK, 1.0), 3, 0),
        Smoothing(NETWORK, 0.0, 3, votes=12),
    ],
    ids=["bit-depth", "median", "random-resize", "smoothing"],
)
def test_a_defence_that_changes_nothing_gives_the_undefended_numbers(defended: nn.Module) -> None:
    x = images(6)
    torch.testing.assert_close(defended(x), NETWORK(x).detach(), atol=1e-5, rtol=1e-5)
    y = classes(NETWORK, x)
    found, alone = malt(defended, x, y, eps=8 / 255, n_iter=10), malt(NETWORK, x, y, eps=8 / 255, n_iter=10)
    assert found.success.tolist() == alone.success.tolist()
    assert found.flags == alone.flags


def test_jpeg_is_that_of_the_file() -> None:
    x = images(2)
    for image, found in zip(x, jpeg(60)(x), strict=True):
        file = io.BytesIO()
        pixels = (image * 255).byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(file, "JPEG", quality=60)
        read = torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1) / 255
        assert torch.equal(found, read)
        assert not torch.equal(found, image)


class _Recording(nn.Module):
    """Notes the input of which the gradient is asked, and gives it that of the sum of squares."""

    def forward(self, x: Tensor) -> Tensor:
        return (x**2).flatten(1).sum(1, keepdim=True) * torch.tensor([1.0, -1.0])


def test_in_a_chain_each_step_has_its_gradient_at_its_own_input() -> None:
    # As ART did until issue 485, every step could take its gradient at the very first input.
    x = images(1).requires_grad_()
    chain = Jpeg(BitDepth(_Recording(), 2), 40)
    chain(x)[:, 0].sum().backward()
    shown = bit_depth(2)(jpeg(40)(x.detach()))  # what the network sees: d(sum of squares) = 2 x there
    lent = torch.autograd.functional.vjp(smooth_jpeg(40), x.detach(), 2 * shown)[1]
    torch.testing.assert_close(x.grad, lent)


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_the_smooth_jpeg_is_much_like_that_of_the_file_and_loses_what_it_loses(quality: int) -> None:
    waves = torch.linspace(0, 9, 72).sin()[:, None] * torch.linspace(0, 5, 40).cos()
    x = (0.5 + 0.3 * torch.stack([waves, waves.flip(0), -waves]))[None]  # no multiples of 16
    close = (smooth_jpeg(quality)(x) - jpeg(quality)(x)).abs()
    lost = (x - jpeg(quality)(x)).abs()
    assert close.mean() < 3 / 255
    assert close.mean() < 0.7 * lost.mean()
    flat = torch.full((1, 3, 16, 16), 0.5)
    checkers = (torch.arange(16)[:, None] + torch.arange(16)) % 2 * 2.0 - 1
    _, slope = torch.autograd.functional.jvp(smooth_jpeg(quality), flat, checkers.expand_as(flat) / 255)
    assert slope.abs().max() < 1e-3  # so fine a pattern is not kept


@pytest.mark.parametrize("side", [2, 3])
def test_the_median_is_numpys_and_its_gradient_goes_to_the_pixel_it_is(side: int) -> None:
    x = torch.rand(1, 1, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    before, after = (side - 1) // 2, side // 2
    padded = np.pad(x[0, 0].numpy(), ((before, after), (before, after)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side)).reshape(6, 6, -1)
    lower = np.sort(windows, axis=2)[:, :, (side * side - 1) // 2]
    np.testing.assert_array_equal(median(x, side)[0, 0].numpy(), lower)
    assert torch.autograd.gradcheck(lambda points: median(points, side), x.requires_grad_(), eps=1e-7)


def test_random_resize_draws_anew_is_averaged_and_repeats_from_its_beginning() -> None:
    x = images(2)
    defended = Randomised(RandomResize(NETWORK, 0.5), 4, 0)
    first, second = defended(x), defended(x)
    assert not torch.allclose(first, second)
    defended.reseed(0)
    assert torch.equal(defended(x), first)
    before = torch.random.get_rng_state()
    defended(x)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_noise_within_is_flagged_and_equal_attacks_are_equal() -> None:
    x = images(3)
    y = classes(NETWORK, x)
    defended = Randomised(RandomResize(NETWORK, 0.5), 4, 0)
    results = []
    for _ in range(2):
        with pytest.warns(MaltWarning, match="noise"):
            results.append(malt(defended, x, y, eps=16 / 255, n_iter=10))
    assert [flag.code for flag in results[0].flags] == ["randomised"]
    assert torch.equal(results[0].adversarial, results[1].adversarial)
    assert results[0].second_opinion is None  # noise alone is no reason for one where draws are averaged


def test_malt_on_a_network_behind_jpeg_fools_the_whole_chain() -> None:
    x = images(8)
    defended = Jpeg(NETWORK, 75)
    y = classes(defended, x)
    found = malt(defended, x, y, eps=16 / 255, n_iter=20)
    assert found.success.float().mean() > 0.7
    assert torch.equal(classes(defended, found.adversarial) != y, found.success)
