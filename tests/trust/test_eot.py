import random
import warnings

import numpy as np
import pytest
import torch
from torch import nn

import malt_core
from malt_core.errors import BadConfig, MaltWarning
from malt_core.trust import eot, soundness
from malt_core.trust.eot import Averaged
from tests.helpers.analytic import Linear, grey, images, sample


class Noisy(nn.Module):
    """A linear network on a picture with Gaussian noise."""

    def __init__(self, noise, classes=5):
        super().__init__()
        self.inner, self.noise, self.images = Linear(classes), noise, 0

    def forward(self, x):
        self.images += len(x)
        return self.inner(x + self.noise * torch.randn_like(x))


def test_with_a_gradient_the_answer_is_the_mean_and_without_the_majority_leads():
    answers = iter([[3.0, 0, 0], [0, 1.0, 0], [0, 1.0, 0]] * 2)
    network = Averaged(lambda x: torch.tensor([next(answers)]) + 0 * x.sum(), 3, 0)
    x = grey()
    with torch.no_grad():
        assert torch.allclose(network(x), torch.tensor([[2 / 3, 1.0, 0.0]]))
    assert torch.allclose(network(x.requires_grad_()), torch.tensor([[1.0, 2 / 3, 0.0]]))


def test_majorities_and_ties():
    votes = torch.tensor([[10, 0, 0], [5, 5, 0], [6, 4, 0], [9, 1, 0], [3, 7, 0]])
    assert eot.unsure(votes).tolist() == [False, True, True, False, True]
    assert eot.tied(votes).tolist() == [False, True, False, False, False]
    y = torch.zeros(5, dtype=torch.int64)
    assert eot.fooled(votes, y).tolist() == [False, False, False, False, True]
    (flag,) = eot.flags_of(votes, [10, 11, 12, 13, 14], 10)
    assert (flag.code, flag.images) == ("randomised", (11, 12, 14))
    assert "(1 ties" in flag.message


def test_the_same_seed_gives_the_same_result_and_nobody_elses_numbers_are_used_up():
    network, x = Noisy(0.05), images(4)
    torch.manual_seed(1)
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    first = malt_core.malt(network, x, eps=4 / 255, eot=5, n_iter=10)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()
    assert random.getstate() == states[2]
    torch.manual_seed(2)
    again = malt_core.malt(network, x, eps=4 / 255, eot=5, n_iter=10)
    assert torch.equal(first.adversarial, again.adversarial)
    assert torch.equal(first.success, again.success)


def test_every_draw_is_counted():
    network, trial = Noisy(0.01), Noisy(0.01)
    soundness.look_at(trial, images(3))
    result = malt_core.malt(network, images(3), eps=2 / 255, eot=4, n_iter=5, precision="float32")
    assert result.n_forward == network.images - trial.images
    assert int(result.forward_of.sum()) <= result.n_forward


def test_noise_alone_warns_and_is_flagged_and_a_clear_majority_is_not():
    x, y = grey(), torch.tensor([0])
    with pytest.warns(MaltWarning, match="there is noise in it"):
        plain = malt_core.malt(Noisy(0.02), x, y, eps=1e-4, n_iter=3)
    assert "randomised" in [flag.code for flag in plain.flags]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = malt_core.malt(Noisy(0.001), x, y, eps=1e-4, eot=8, n_iter=3)
    assert not result.success
    assert result.flags == ()


def test_a_majority_that_wavers_is_flagged():
    x = grey()
    result = malt_core.malt(Noisy(2.0), x, torch.tensor([0]), eps=1e-4, eot=5, n_iter=2)
    if not result.already_wrong:
        assert "randomised" in [flag.code for flag in result.flags]
        assert "more draws" in result.flags[0].advice


def test_eot_fools_a_noisy_network_by_majority():
    network, x = Noisy(0.02), grey()
    distance = min(network.inner.distances("linf"))
    result = malt_core.malt(network, x, torch.tensor([0]), eps=1.5 * distance, eot=10)
    assert result.success
    votes = Averaged(network, 100, 7).votes(result.adversarial)
    assert votes.argmax() != 0
    (*_, finished) = malt_core.attack(
        network, sample(x[0], 0), malt_core.AttackConfig(eps=1.5 * distance, eot=10, eight_bit=False)
    )
    assert finished.result.success
    assert finished.result.n_forward % 10 == 0


@pytest.mark.parametrize("draws", [0, 1001, 2.5, True])
def test_a_number_of_draws_that_cannot_be(draws):
    with pytest.raises(BadConfig, match="eot must be a whole number from 1 to 1000"):
        malt_core.malt(Linear(5), grey(), eot=draws)
