"""An attack and its linearity, put on record as one run."""

import pytest
import torch
from torch import nn

from malt_core import AttackConfig, attack
from malt_core.attack_run.run import attack_and_measure
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import Finished
from malt_core.linearity.measurement import COARSE, FINE, measure_linearity
from malt_core.models.loaders import Model
from malt_core.types import ModelInfo
from tests.helpers.analytic import classes, grey, images, sample, smooth_cnn

STRONG, WEAK = AttackConfig(eps=16 / 255, n_iter=20), AttackConfig(eps=0.5 / 255, n_iter=3, n_targets=2)


def catalogued(size: tuple[int, int] = (8, 8), network: nn.Module | None = None) -> Model:
    info = ModelInfo(
        id="tests/smooth",
        title="Smooth",
        dataset="none",
        size=size,
        classes=tuple("abcdefghijkl"),
        suggested_eps=8 / 255,
        offline=True,
        source="tests",
        licence="MIT",
    )
    return Model(info, network or smooth_cnn())


def test_events_are_the_attacks_and_the_run_comes_last():
    model, chosen = catalogued(), sample(images(1)[0])
    *events, run = attack_and_measure(model, chosen, STRONG, crop="fit", source="gallery:cat")
    alone = list(attack(model, chosen, STRONG))
    assert events[:-1] == alone[:-1]
    assert isinstance(events[-1], Finished)
    assert isinstance(run, AttackRun)
    assert run.result is events[-1].result
    assert (run.model, run.sample, run.config) == (model.info, chosen, STRONG)
    assert (run.crop, run.source) == ("fit", "gallery:cat")


def test_source_defaults_to_the_samples_name():
    *_, run = attack_and_measure(catalogued(), sample(images(1)[0]), WEAK, crop="centre")
    assert run.source == "test"


class Overtaken(nn.Module):
    """On the way from class 0 to class 1, the second most confident, class 2 is reached first."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        s = (x - grey()).flatten(1).sum(1)
        return torch.stack((0 * s, s - 1, 3 * s - 1.2), dim=1)


def test_linearity_follows_the_class_that_the_image_became():
    model, x = catalogued(network=Overtaken()), grey()[0]
    config = AttackConfig(eps=2 / 255, targeting="naive")
    *_, run = attack_and_measure(model, sample(x), config, crop="fit")
    assert run.result.success
    assert (run.result.target.index, run.result.adversarial_index) == (1, 2)
    assert run.linearity.target == 2
    assert run.linearity.true_margin == measure_linearity(model, x, run.result.adversarial, 0, 2).true_margin


def test_without_success_linearity_follows_the_attacked_class():
    *_, run = attack_and_measure(catalogued(), sample(images(1)[0]), WEAK, crop="fit")
    assert not run.result.success
    assert run.linearity.target == run.result.target.index


def test_image_that_is_wrong_already_has_no_linearity():
    model, x = catalogued(), images(1)[0]
    wrong = (int(classes(model, x[None])) + 1) % 12
    *_, run = attack_and_measure(model, sample(x, wrong), STRONG, crop="fit")
    assert run.result.already_wrong
    assert run.linearity is None


@pytest.mark.parametrize(("side", "grid"), [(128, FINE), (129, COARSE)])
def test_large_images_are_sampled_more_coarsely(side, grid):
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(8), smooth_cnn())
    x = images(1, shape=(3, side, side))[0]
    *_, run = attack_and_measure(catalogued((side, side), pooled), sample(x), WEAK, crop="fit")
    assert run.linearity.t[-1] == grid[-1]
    assert set(grid) <= set(run.linearity.t)
    assert (0.02 in run.linearity.t) == (grid == FINE)
