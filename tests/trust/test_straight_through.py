import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import malt_core
from malt_core.errors import BadConfig
from tests.helpers.analytic import Linear, classes, grey, images, smooth_cnn


def gradient(function, x):
    leaf = x.clone().requires_grad_()
    (found,) = torch.autograd.grad(function(leaf).sum(), leaf)
    return found


def test_values_are_the_steps_own_and_the_gradient_is_the_identitys():
    step = malt_core.straight_through(lambda x: (15 * x).round() / 15)
    x = images(2)
    assert torch.equal(step(x), (15 * x).round() / 15)
    assert torch.equal(step(x.clone().requires_grad_()), step(x))
    assert torch.equal(gradient(step, x), torch.ones_like(x))


def test_each_step_of_a_chain_has_its_gradient_taken_at_its_own_input():
    """As ART #485 did not: there the later step's gradient was taken at the image."""
    first = malt_core.straight_through(lambda x: (4 * x).round(), lambda x: 4 * x)
    second = malt_core.straight_through(lambda x: x.floor() ** 2, lambda x: x**2)
    x = torch.full((1, 1, 1, 2), 0.3)
    assert second(first(x)).tolist() == [[[[1.0, 1.0]]]]
    assert torch.allclose(gradient(lambda x: second(first(x)), x), torch.full_like(x, 2 * 1.0 * 4))


def jpeg(x):
    found = []
    for image in (x * 255).round().byte().permute(0, 2, 3, 1).numpy():
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=75)
        found.append(np.asarray(Image.open(file)))
    return torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2).float() / 255


def test_jpeg_with_the_identity_backward_is_fooled():
    """As Athalye et al. fool it; ART #702 could not."""
    network, x = smooth_cnn(), images(6)
    hidden = nn.Sequential(malt_core.straight_through(jpeg), network)
    y = classes(hidden, x)
    with pytest.raises(BadConfig, match=r"No gradient reaches the images.*straight_through"):
        malt_core.malt(nn.Sequential(Step(jpeg), network), x, y)
    found = malt_core.malt(hidden, x, y, eps=16 / 255)
    assert int(found.success.sum()) >= 4
    assert torch.equal(classes(hidden, found.adversarial) != y, found.success)


class Step(nn.Module):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def forward(self, x):
        return self.step(x.detach())


def test_the_surrogate_is_called_where_a_gradient_is_asked_for_and_only_there():
    """As ART #1526 asks: its estimate of the forward pass was never called."""
    called = []

    def surrogate(x):
        called.append(len(x))
        return torch.sin(x)

    step = malt_core.straight_through(lambda x: x.round(), surrogate)
    x = images(3)
    step(x)
    with torch.no_grad():
        step(x.clone().requires_grad_())
    assert called == []
    assert torch.allclose(gradient(step, x), x.cos())
    assert called == [3]


def test_a_surrogate_may_resize_as_the_step_does():
    step = malt_core.straight_through(
        lambda x: x[..., ::2, ::2].round(), lambda x: nn.functional.avg_pool2d(x, 2)
    )
    assert gradient(step, images(1)).unique().tolist() == [0.25]


@pytest.mark.parametrize(
    ("step", "surrogate", "says"),
    [
        (lambda x: x[..., ::2], None, r"made \(1, 3, 8, 4\) of \(1, 3, 8, 8\), and the identity makes"),
        (lambda x: x, lambda x: x[:, :1], r"the surrogate makes \(1, 1, 8, 8\): give a surrogate"),
        (lambda x: x.numpy(), None, "returned ndarray; expected a tensor of floats"),
        (lambda x: (x * 255).byte(), None, "returned torch.uint8; expected a tensor of floats"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(step, surrogate, says):
    with pytest.raises(BadConfig, match=says):
        malt_core.straight_through(step, surrogate)(grey().requires_grad_())


def test_a_step_may_overwrite_what_it_is_given():
    x = images(1)
    before = x.clone()
    malt_core.straight_through(lambda x: x.mul_(2))(x)
    assert torch.equal(x, before)


def test_under_autocast_the_gradient_has_the_images_type():
    convolution = nn.Conv2d(3, 3, 1)
    step = malt_core.straight_through(lambda x: convolution(x).round(), convolution)
    leaf = images(2).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        value = step(leaf).float().sum()
    (found,) = torch.autograd.grad(value, leaf)
    assert found.dtype == torch.float32
    assert found.abs().sum() > 0


def test_a_network_with_rounding_is_fooled_as_far_as_without():
    network = Linear(6)
    hidden = nn.Sequential(malt_core.straight_through(lambda x: (255 * x).round() / 255), network)
    x = grey().repeat(2, 1, 1, 1)
    y = torch.zeros(2, dtype=torch.int64)
    eps = 4 / 255 * 2
    plain, found = (malt_core.malt(n, x, y, eps=eps) for n in (network, hidden))
    assert torch.equal(plain.success, found.success)
