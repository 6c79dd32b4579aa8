"""Networks that torch has scripted, traced, frozen, exported or compiled: attacked like the network."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from malt_core import BadConfig
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Passes
from tests.helpers.analytic import classes, images, smooth_cnn
from tests.helpers.attacks import fast, same_batch

ROOT = Path(__file__).resolve().parents[3]


def exported(network: nn.Module) -> nn.Module:
    sizes = ({0: torch.export.Dim.AUTO},)
    return torch.export.export(network, (images(4),), dynamic_shapes=sizes).module()


MADE = {
    "scripted": torch.jit.script,
    "traced": lambda network: torch.jit.trace(network, images(4)),
    "frozen": lambda network: torch.jit.freeze(torch.jit.script(network)),
    "fx": torch.fx.symbolic_trace,
    "exported": exported,
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_torch_makes_of_a_network_is_attacked_like_the_network(make):
    network, x = smooth_cnn().eval(), images(4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make(network)
        result = fast(model, x)
    expected = fast(network, x)
    assert torch.equal(result.success, expected.success)
    assert expected.success.any()
    torch.testing.assert_close(result.adversarial, expected.adversarial, rtol=0, atol=1e-4)


class OneBackward(torch.autograd.Function):
    """What torch.compile makes with inductor: a graph whose backward pass gives its memory away."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        if torch._C._autograd._get_current_graph_task_keep_graph():
            raise RuntimeError(
                "This backward function was compiled with non-empty donated buffers which requires "
                "create_graph=False and retain_graph=False."
            )
        return gradient


def test_a_graph_for_one_backward_pass_is_made_anew_for_each():
    network, x = smooth_cnn().eval(), images(4)
    y, candidates = classes(network, x), torch.tensor([[1, 2, 4]] * 4)
    once = Passes()
    models = ((network, Passes()), (lambda v: OneBackward.apply(network(v)), once))
    rows = [torch.stack([*gradients.margin_gradients(m, x, y, candidates, p)]) for m, p in models]
    assert torch.equal(*rows)
    assert (once.forward, once.backward) == (3 * 4, 3 * 4)
    result, expected = fast(lambda v: OneBackward.apply(network(v)), x), fast(network, x)
    assert torch.equal(result.adversarial, expected.adversarial)


COMPILED = """
import sys, warnings
warnings.simplefilter("ignore")
import torch
from tests.helpers.analytic import images, smooth_cnn
from tests.helpers.attacks import fast
network, x = smooth_cnn(4).eval(), images(2)
how = {"n_iter": 3, "n_targets": 1}  # each number of images and kind of pass is compiled once, for seconds
result = fast(torch.compile(network, backend=sys.argv[1]), x, **how)
assert torch.equal(result.success, fast(network, x, **how).success)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_a_compiled_network(backend):
    """In a process of its own: inductor builds with setuptools, which must come before distutils there."""
    if backend == "inductor" and not (os.environ.get("MALT_LAB_INDUCTOR") and shutil.which("g++")):
        pytest.skip("inductor compiles C++ for half a minute: MALT_LAB_INDUCTOR=1 where g++ is")
    command = [sys.executable, "-c", COMPILED, backend]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr


def test_a_compiled_network_without_a_compiler_gets_a_sentence():
    def broken(graph, inputs):
        def run(*values):
            raise RuntimeError("No working C++ compiler found")

        return run

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(
            BadConfig, match=r"No working C\+\+ compiler found.*give the network that was given to"
        ):
            fast(torch.compile(smooth_cnn().eval(), backend=broken), images(2))
    torch.compiler.reset()


def test_exports_for_one_number_of_images_get_a_sentence():
    model = torch.export.export(smooth_cnn().eval(), (images(4),)).module()
    with pytest.raises(BadConfig, match="It takes 4 images at a time, but not 2"):
        fast(model, images(4))


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
def test_two_attacks_in_a_row_leave_it_usable():
    model, x = torch.jit.script(smooth_cnn().train()), images(4)
    assert same_batch(fast(model, x), fast(model, x))
    assert model.training
