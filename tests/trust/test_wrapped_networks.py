"""Networks within torch.compile, DataParallel and half precision: they work, or are refused in a sentence."""

import warnings

import pytest
import torch
from torch import nn

import malt_core
from malt_core.attacks.types import AttackConfig
from malt_core.errors import BadConfig
from tests.helpers.analytic import classes, images, sample, smooth_cnn


def test_a_compiled_network_gives_what_the_network_gives():
    """Its graphs serve one backward pass only: they were refused once, with "donated buffers"."""
    network, x = smooth_cnn(), images(3)
    y = classes(network, x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = torch.compile(network, backend="aot_eager")
        expected, found = (
            malt_core.malt(n, x, y, eps=4 / 255, n_iter=5, precision="float32") for n in (network, compiled)
        )
        (*_, finished) = malt_core.attack(compiled, sample(x[0]), AttackConfig(n_iter=5))
    assert torch.equal(expected.success, found.success)
    assert torch.allclose(expected.adversarial, found.adversarial, atol=1e-5)
    assert found.flags == ()
    assert finished.result.n_backward > 0


def test_data_parallel_gives_what_the_network_gives():
    network, x = smooth_cnn(), images(3)
    parallel = nn.DataParallel(network)
    expected, found = (
        malt_core.malt(n, x, eps=4 / 255, n_iter=5, precision="float32") for n in (network, parallel)
    )
    assert torch.equal(expected.adversarial, found.adversarial)
    (*_, finished) = malt_core.attack(parallel, sample(x[0]), AttackConfig(n_iter=5))
    assert finished.result.flags == ()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused_with_what_to_do(dtype):
    network, x = smooth_cnn().to(dtype), images(2)
    with pytest.raises(BadConfig, match=rf"weights are {dtype}; give a float32 model: model.float\(\)"):
        malt_core.malt(network, x)
    with pytest.raises(BadConfig, match="give a float32 model"):
        list(malt_core.attack(network, sample(x[0]), AttackConfig()))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_behind_a_cast_works_and_is_no_alarm(dtype):
    inner, x = smooth_cnn(), images(4)
    y = classes(inner, x)
    half = smooth_cnn().to(dtype)
    found = malt_core.malt(lambda x: half(x.to(dtype)).float(), x, y, eps=0.5 / 255, n_iter=5)
    assert found.flags == ()
    assert not found.success.all()
