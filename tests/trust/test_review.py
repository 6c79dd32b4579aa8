"""Networks that hide their gradients: what is left beyond the plain network is flagged."""

import warnings

import pytest
import torch
from torch import nn

import malt_core
from benchmarks import hidden_gradients
from benchmarks.hidden_gradients import WRAPPERS, Wrapped, with_backward
from malt_core.attacks.types import AttackConfig
from malt_core.errors import BadConfig, MaltWarning
from malt_core.harness.counting import CountingModel
from malt_core.numerics.gradients import Passes
from malt_core.trust import probe, review
from tests.helpers.analytic import Constant, LiesToAttacks, Linear, classes, grey, images, sample, smooth_cnn

EPS = 16 / 255


def pictures(network, n=6):
    """Images that both networks get right: their own answers."""
    x = images(n, seed=3) * 0.8 + 0.1
    return x, classes(network, x)


def malt(network, x, y, eps=EPS, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MaltWarning)
        return malt_core.malt(network, x, y, eps=eps, n_iter=10, precision="float32", **settings)


def covered(result):
    """Which images a flag concerns."""
    mask = torch.zeros_like(result.success)
    for flag in result.flags:
        mask[list(flag.images) if flag.images is not None else slice(None)] = True
    return mask


def codes(result):
    return {flag.code for flag in result.flags}


HIDING = {
    "rounding": "zero-gradient",
    "shattered": "misleading-gradient",
    "staircase": "misleading-gradient",
    "soft-staircase": "vanishing-gradient",
    "wrong-surrogate": "misleading-gradient",
    "false-zero": "zero-gradient",
    "false-noise": "misleading-gradient",
    "false-negated": "misleading-gradient",
    "false-shuffled": "misleading-gradient",
    "false-few": "misleading-gradient",
    "ensemble": "misleading-gradient",
    "noise": "randomised",
    "dropout": "randomised",
    "stateful": "stateful",
    "softmax": "probabilities",
    "saturated": "zero-gradient",
    "likeliest-only": "cut-off",
    "rounded-logits": "zero-gradient",
    "knows-gradients": "misleading-gradient",
}

AT_ONCE = {"noise", "dropout", "stateful", "softmax", "knows-gradients"}  # flagged whatever is left
NEAR = {"staircase": 8 / 255, "soft-staircase": 4 / 255, "ensemble": 8 / 255, "likeliest-only": 2 / 255}


@pytest.mark.parametrize(("name", "code"), HIDING.items())
def test_what_is_left_of_a_network_that_hides_its_gradients_is_flagged(name, code):
    torch.manual_seed(0)
    plain = smooth_cnn()
    hidden = WRAPPERS[name](plain).eval()
    x, y = pictures(hidden)
    result = malt(hidden, x, y, eps=NEAR.get(name, EPS))
    left = ~result.success
    assert left.any() or name in AT_ONCE
    assert code in codes(result)
    assert covered(result)[left].all()
    (*_, finished) = attack(hidden, x[0], int(y[0]))
    assert finished.result.success or finished.result.flags


def attack(network, x, label, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MaltWarning)
        yield from malt_core.attack(
            network, sample(x, label), AttackConfig(eps=EPS, n_iter=10, eight_bit=False, **settings)
        )


@pytest.mark.parametrize("name", ["thermometer", "jpeg", "quantised"])
def test_what_no_gradient_passes_is_refused(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch has much to say of quantised layers
        hidden = WRAPPERS[name](smooth_cnn())
        x, y = pictures(hidden, 2)
        with pytest.raises(BadConfig, match="No gradient reaches the images"):
            malt_core.malt(hidden, x, y)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("eps", [0.5 / 255, 2 / 255])
def test_plain_networks_raise_nothing(norm, eps):
    for network in (smooth_cnn(), Linear(6)):
        x, y = pictures(network)
        result = malt(network, x, y, eps=eps if norm == "linf" else 8 * eps, norm=norm)
        assert not result.success.all()
        assert result.flags == ()
        (*_, finished) = malt_core.attack(
            network, sample(x[0]), AttackConfig(eps=eps, norm=norm, n_iter=10, eight_bit=False)
        )
        assert finished.result.flags == ()


def test_values_that_mean_nothing_in_any_picture_are_no_alarm():
    class Border(nn.Module):
        """A network to which the left half of a picture means next to nothing, whatever it shows."""

        def __init__(self):
            super().__init__()
            self.network = smooth_cnn()

        def forward(self, x):
            half = torch.arange(x.shape[3]) < x.shape[3] // 2
            return self.network(torch.where(half, 0.5 + 1e-4 * (x - 0.5), x))

    network = Border()
    x, y = pictures(network)
    result = malt(network, x, y, eps=0.5 / 255)
    assert not result.success.all()
    assert result.flags == ()


def test_constant_logits_do_not_look_robust():
    result = malt(Constant([3.0, 1.0, 0.0, -1.0]), images(3), torch.tensor([0, 0, 0]))
    assert not result.success.any()
    assert {"constant", "zero-gradient"} <= codes(result)
    (*_, finished) = attack(Constant([3.0, 1.0, 0.0, -1.0]), images(1)[0], 0)
    assert "constant" in codes(finished.result)


class Remembers(nn.Module):
    """Gives up after so many calls: a constant answer from then on."""

    def __init__(self, calls):
        super().__init__()
        self.inner, self.left = Linear(5), calls

    def forward(self, x):
        self.left -= 1
        return self.inner(x) if self.left > 0 else self.inner(x) * 0 + torch.eye(5)[0]


def test_what_the_network_was_asked_before_shows_at_the_end():
    network = Remembers(7)
    result = malt(network, grey().repeat(2, 1, 1, 1), torch.tensor([0, 0]), eps=1e-4)
    assert not result.success.any()
    assert "stateful" in codes(result)


class Trains(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = smooth_cnn()

    def forward(self, x):
        self.inner[1].training = True
        return self.inner(x)


def test_training_mode_is_flagged():
    network = Trains()
    x, y = pictures(network.inner)
    assert "training-mode" in codes(malt(network, x, y, eps=0.5 / 255))


def test_gradients_that_are_no_numbers():
    hidden = Wrapped(
        smooth_cnn(), with_backward(lambda x: x, lambda g: torch.where(g == g.amax(), torch.nan, g * 0))
    )
    x, y = pictures(hidden)
    result = malt(hidden, x, y, eps=0.5 / 255)
    assert {"nan-gradient", "zero-gradient"} <= codes(result)
    assert covered(result)[~result.success].all()


def test_outputs_lost_in_rounding():
    hidden = Wrapped(smooth_cnn(), after=lambda z: 1e-3 * z + torch.arange(12.0).flip(0) * 1e4)
    x, y = pictures(hidden)
    result = malt(hidden, x, y, eps=1 / 255)
    assert "saturated" in codes(result)


def test_a_branch_without_gradient_that_noise_leads_to():
    hidden = hidden_gradients.Detector(smooth_cnn())
    x = grey().repeat(3, 1, 1, 1) + torch.linspace(-0.05, 0.05, 3)[:, None, None, None]
    result = malt(hidden, x, classes(hidden, x))
    assert covered(result)[~result.success].all()


def test_the_looks_cost_a_few_per_cent():
    network, costs = Linear(6), []
    for most in (0, review.MOST):
        seen = CountingModel(network, Passes())
        x, y = pictures(network, 40)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(review, "SHARE", review.SHARE * (most > 0))
            assert not malt(seen, x, y, eps=0.01 / 255).success.any()
        costs.append(seen.passes.forward + seen.passes.backward)
    least = probe.FORWARD + probe.BACKWARD + 1
    assert 1 < (costs[1] + least) / costs[0] < 1.05


def test_a_point_that_fooled_and_is_not_fooling_is_told():
    x = images(2)
    result = malt(LiesToAttacks(), x, torch.zeros(2, dtype=torch.int64))
    assert not result.success.any()
    assert {"misleading-gradient", "better-iterate"} <= codes(result)
