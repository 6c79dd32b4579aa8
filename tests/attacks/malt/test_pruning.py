"""The pruned ranking against all gradients."""

from dataclasses import replace

import pytest
import torch

from malt_core import AttackConfig, attack
from malt_core.attacks.malt import pruning
from malt_core.attacks.malt.pruning import ShortPasses
from malt_core.attacks.types import Ranked, RankingProgress
from malt_core.numerics.gradients import Passes
from malt_core.trust.soundness import BACKWARD, FORWARD
from tests.helpers.analytic import Counted, Linear, grey, images, sample, smooth_cnn

CONFIG = AttackConfig(eps=0.5 / 255, n_iter=2, n_targets=9, n_candidates=60)
N_CLASSES = 80


def ranked(model, x, config=CONFIG) -> tuple[Ranked, list[RankingProgress]]:
    progress, events = [], attack(model, sample(x), config)
    for event in events:
        if isinstance(event, Ranked):
            return event, progress
        progress.append(event)
    raise AssertionError("there was no order of attack")


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_targets_are_those_of_all_gradients_and_what_is_not_measured_is_farther(norm):
    model, pruned = smooth_cnn(N_CLASSES), 0
    config = replace(CONFIG, norm=norm)
    for x in images(8):
        few, progress = ranked(model, x, config)
        every, _ = ranked(model, x, replace(config, faithful=True))
        assert not any(target.at_least for target in every.targets)
        measured = {target.index: target for target in every.targets}
        first, last = few.targets[: config.n_targets], few.targets[config.n_targets - 1]
        assert [target.index for target in first] == [t.index for t in every.targets[: config.n_targets]]
        assert [target.rank for target in few.targets] == list(range(1, 61))
        for target in few.targets:
            true = measured[target.index].predicted_distance
            if target.at_least:
                assert target.predicted_distance == pytest.approx(last.predicted_distance, rel=1e-4)
                assert true > target.predicted_distance
                assert target.gradient_norm > measured[target.index].gradient_norm
            else:
                assert target.predicted_distance == pytest.approx(true, rel=1e-4)
        pruned += sum(target.at_least for target in few.targets)
        done = [event.done for event in progress]
        assert done == sorted(done)
        assert (done[0], done[-1]) == (0, 60)
    assert pruned > 8 * 60 / 3


def test_an_aim_is_always_measured():
    model, x = smooth_cnn(N_CLASSES), images(1)[0]
    every, _ = ranked(model, x, replace(CONFIG, faithful=True))
    farthest = every.targets[-1].index
    few, _ = ranked(model, x, replace(CONFIG, target=farthest))
    (aim,) = (target for target in few.targets if target.index == farthest)
    assert not aim.at_least
    assert aim.predicted_distance == pytest.approx(every.targets[-1].predicted_distance, rel=1e-4)
    assert any(target.at_least for target in few.targets)


def test_where_no_layer_can_be_watched_everything_is_measured():
    network, linear = smooth_cnn(N_CLASSES), Linear(60)
    hidden = {"network": network.state_dict()}  # no module is reached from this function

    def model(x):
        fresh = smooth_cnn(N_CLASSES)
        fresh.load_state_dict(hidden["network"])
        return fresh(x)

    for network, x in ((model, images(1)[0]), (linear, grey()[0])):
        few, _ = ranked(network, x, replace(CONFIG, n_candidates=50))
        assert not any(target.at_least for target in few.targets)


def test_passes_are_counted_and_no_hook_stays():
    model = Counted(smooth_cnn(N_CLASSES))
    *_, finished = attack(model, sample(images(1)[0]), CONFIG)
    result = finished.result
    assert result.n_forward + FORWARD == model.forwards
    short = 60  # they count as whole ones, though they end before the image
    assert result.n_backward + BACKWARD == model.backwards + short
    assert not any(module._forward_hooks for module in model.modules())


def test_a_short_pass_ends_behind_most_of_the_activations():
    model, x = smooth_cnn(N_CLASSES), images(1)
    net = ShortPasses(model, x.expand(3, -1, -1, -1), Passes())
    short = net.gradients(0, torch.tensor([1, 2]), short=True)
    assert short.shape == (2, *net.layer.shape[1:])
    assert net.gradients(0, torch.tensor([1, 2]), short=False).shape == (2, *x.shape[1:])
    outputs: list[torch.Tensor] = []
    with torch.enable_grad(), pruning._watching(model, outputs):
        model(x.clone().requires_grad_())
    assert len(outputs) > 2
    assert pruning._layer([]) is None
