"""Classes that share a logit: where the targeted loss is constant, the attack is as without them."""

import pytest
import torch
from torch import nn

from malt_core import AttackConfig, MaltWarning, attack
from malt_core.attacks import registry
from malt_core.numerics import losses
from tests.helpers.analytic import classes, images, sample, smooth_cnn
from tests.helpers.attacks import fast


class Repeated(nn.Module):
    """A head that gives every class of a network so many times; noise: how far twins may differ."""

    def __init__(
        self, network: nn.Module, times: int, *, interleaved: bool = True, noise: float = 0.0
    ) -> None:
        super().__init__()
        self.network, self.times, self.interleaved, self.noise = network, times, interleaved, noise

    def forward(self, x):
        z = self.network(x)
        if self.interleaved:
            return z.repeat_interleave(self.times, 1)
        twins = z + self.noise * torch.arange(z.shape[1]).sin()
        return torch.cat((z, *[twins] * (self.times - 1)), 1)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("settings", [{}, {"faithful": False}, {"targeting": "naive"}])
@pytest.mark.parametrize(("n_classes", "times"), [(5, 2), (12, 2), (5, 3), (5, 5), (3, 2), (2, 3)])
def test_a_repeated_head_has_the_verdict_of_the_plain_one(n_classes, times, settings, norm):
    network, x = smooth_cnn(n_classes), images(8)
    eps = 3 / 255 if norm == "linf" else 0.12
    plain = fast(network, x, eps=eps, norm=norm, **settings)
    repeated = fast(Repeated(network, times), x, eps=eps, norm=norm, **settings)
    assert plain.success.any()
    assert torch.equal(repeated.success, plain.success)
    target = torch.where(repeated.target >= 0, repeated.target // times, -1)
    assert torch.equal(target, plain.target)


def test_twins_that_rounding_tells_apart_are_twins():
    network, x = smooth_cnn(5), images(8)
    plain = fast(network, x, eps=3 / 255)
    repeated = fast(Repeated(network, 2, interleaved=False, noise=-1e-7), x, eps=3 / 255)
    assert repeated.success.sum() >= plain.success.sum()


def test_one_image_alone():
    network, config = smooth_cnn(5), AttackConfig(eps=6 / 255, n_iter=20)
    for x in images(4):
        plain, repeated = (
            [*attack(m, sample(x), config)][-1].result for m in (network, Repeated(network, 2))
        )
        assert repeated.success == plain.success
        assert len(repeated.ranking) == len(plain.ranking) == 4


def test_ordinary_logits_share_nothing_even_where_some_tie_by_chance():
    z = torch.randn(3, 1000, generator=torch.Generator().manual_seed(0))
    assert losses.shared_logits(z) is None
    z[0, 5] = z[0, 9]  # on one image
    assert losses.shared_logits(z) is None
    z[:, 7] = z[:, 900]
    found = losses.shared_logits(z)
    assert len(found.distinct) == 999
    assert found.same_as[900] == 7
    assert losses.shared_logits(z[:1]) is None


def test_masked_classes_are_one():
    z = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    z[:, 3:] = -1e9
    assert losses.shared_logits(z).same_as.tolist() == [0, 1, 2, 3, 3, 3]


def test_all_logits_the_same_share_nothing_that_helps():
    assert losses.shared_logits(torch.ones(2, 4)) is None


def test_the_published_attack_warns():
    model, x = Repeated(smooth_cnn(5), 2), images(2)
    with pytest.warns(MaltWarning, match="always have the same logit"):
        registry.run("apgd-t", model, x, classes(model, x), norm="linf", eps=0.01, n_iter=2)
