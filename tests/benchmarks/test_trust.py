from dataclasses import replace

import pytest
import torch

from benchmarks import hidden_gradients, trust
from tests.helpers.analytic import classes, images, smooth_cnn

ROW = trust.Row(
    network="a network",
    eps="2/255",
    images=12,
    left=5,
    refused="",
    autoattack_images=3,
    autoattack_left=1,
    ours_of_those=2,
    adaptive_left=0,
    flags=(),
)


def test_more_than_autoattack_leaves_must_be_flagged_or_refused():
    assert ROW.failed
    assert not replace(ROW, flags=("zero-gradient",)).failed
    assert not replace(ROW, left=None, ours_of_those=None, refused="No gradient").failed
    assert not replace(ROW, ours_of_those=1).failed
    assert trust.table([ROW]).splitlines()[-1] == (
        "| a network | 2/255 | 5 of 12 | 1 of 3 | 2 of 3 | 0 of 12 |  **FAILED** |"
    )


def test_a_network_on_which_autoattack_does_not_run():
    row = replace(ROW, left=None, refused="x", autoattack_images=0, autoattack_left=None, ours_of_those=None)
    assert trust.table([row]).splitlines()[-1] == (
        "| a network | 2/255 | refused | does not run | — | 0 of 12 |  |"
    )


@pytest.mark.parametrize("name", trust.HIDDEN)
def test_the_adaptive_network_gives_the_hidden_ones_answers_and_has_gradients(name):
    plain, x = smooth_cnn(), images(2)
    known = trust.adaptive(name, plain)
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(known(leaf).amax(1).sum(), leaf)
    assert gradient.abs().flatten(1).sum(1).min() > 0
    if name != "noise":
        hidden = hidden_gradients.WRAPPERS[name](plain)
        assert torch.equal(classes(known, x), classes(hidden, x))
