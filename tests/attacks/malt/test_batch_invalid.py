"""One image whose logits are not finite: reported as such, and nothing changes for the others."""

import pytest
import torch
from torch import nn

from malt_core import BadConfig, malt
from malt_core.attacks import registry
from malt_core.errors import NotFinite
from tests.helpers.analytic import classes, images, smooth_cnn
from tests.helpers.attacks import fast

DARK = 1  # the image that everything here is about


class BreaksInTheDark(nn.Module):
    """A network whose logits overflow where an image is darker than `below` on average."""

    def __init__(self, below: float, *, to: float = torch.inf) -> None:
        super().__init__()
        self.network, self.below, self.to = smooth_cnn(), below, to

    def forward(self, x):
        z = self.network(x)
        return torch.where(x.mean((1, 2, 3))[:, None] < self.below, self.to, z)


def pictures(n: int = 5) -> torch.Tensor:
    x = images(n)
    x[DARK] *= 0.25
    return x


@pytest.mark.parametrize("to", [torch.inf, torch.nan])
@pytest.mark.parametrize(
    "settings", [{}, {"faithful": False}, {"precision": "bfloat16"}, {"targeting": "naive"}]
)
def test_an_image_without_finite_logits_is_invalid_and_the_others_are_attacked(settings, to):
    model, x = BreaksInTheDark(0.3, to=to), pictures()
    others = [i for i in range(len(x)) if i != DARK]
    result = fast(model, x, eps=8 / 255, **settings)
    expected = fast(model.network, x, classes(model.network, x), eps=8 / 255, **settings)
    assert result.invalid.tolist() == [i == DARK for i in range(len(x))]
    for name in ("success", "already_wrong", "target", "malt_rank", "confidence_rank"):
        assert torch.equal(getattr(result, name)[others], getattr(expected, name)[others])
    atol = 1e-2 if result.precision == "bfloat16" else 1e-5  # other batches are rounded in other ways
    torch.testing.assert_close(result.adversarial[others], expected.adversarial[others], rtol=0, atol=atol)
    assert result.success.any()
    assert not result.success[DARK]
    assert not result.already_wrong[DARK]
    assert (result.target[DARK], result.malt_rank[DARK]) == (-1, 0)
    assert torch.equal(result.adversarial[DARK], x[DARK])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_image_that_breaks_on_the_way_is_invalid_too(precision):
    x = pictures()
    below = float(x[DARK].mean()) - 1e-4  # just under the image itself

    class Breaks(BreaksInTheDark):
        def forward(self, v):
            pull = 40 * v.mean((1, 2, 3))[:, None] * torch.arange(12.0).flip(0) / 12  # steps go into the dark
            z = self.network(v) + pull
            return torch.where((v.mean((1, 2, 3)) < self.below)[:, None], torch.inf, z)

    result = fast(Breaks(below), x, eps=2 / 255, n_iter=20, precision=precision)
    assert result.invalid.tolist() == [i == DARK for i in range(len(x))]
    assert not result.success[DARK]
    assert torch.equal(result.adversarial[DARK], x[DARK])


def test_every_image_invalid_is_an_error():
    with pytest.raises(NotFinite, match="not finite numbers; check its weights"):
        fast(BreaksInTheDark(2.0), images(3))
    broken = smooth_cnn()
    nn.init.constant_(broken[0].weight, torch.nan)
    with pytest.raises(BadConfig, match="not finite"):
        malt(broken, images(2))


def test_ordinary_images_are_all_valid():
    assert not fast(smooth_cnn(), images(3)).invalid.any()


@pytest.mark.parametrize("attack", ["apgd-ce", "pgd", "fgsm"])
def test_other_attacks_go_on_too(attack):
    model, x = BreaksInTheDark(0.3), pictures()
    y = classes(model.network, x)
    found = registry.run(attack, model, x, y, norm="linf", eps=8 / 255).adversarial
    others = [i for i in range(len(x)) if i != DARK]
    assert (classes(model, found)[others] != y[others]).any()
