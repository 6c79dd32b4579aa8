"""Targets of one image that share passes: the same story as one after the other, with fewer calls."""

from dataclasses import replace

import pytest
import torch

from malt_core import AttackConfig, attack
from malt_core.attacks.malt import concurrent_targets
from malt_core.attacks.malt.concurrent_targets import COPIES, copies_of
from malt_core.attacks.types import Finished, RankingProgress, Step
from malt_core.trust.soundness import BACKWARD, FORWARD
from tests.helpers.analytic import Counted, images, sample, smooth_cnn
from tests.helpers.attacks import WEAK

# Naive targeting needs a later target for some of these images.
LATER = AttackConfig(eps=2.5 / 255, n_iter=10, n_targets=6, targeting="naive", faithful=True)


class Sizes(torch.nn.Module):
    """A network that remembers how many images each of its calls was given."""

    def __init__(self):
        super().__init__()
        self.network, self.sizes = smooth_cnn(), []

    def forward(self, x):
        self.sizes.append(len(x))
        return self.network(x)


def story(x, config, copies, monkeypatch):
    """All events but the ranking's progress, and the model's calls."""
    monkeypatch.setattr(concurrent_targets, "COPIES", copies)
    model = Sizes()
    events = [event for event in attack(model, sample(x), config) if not isinstance(event, RankingProgress)]
    return events, model.sizes


def numbers(event):
    """An event without its numbers of type float, which may differ in their last digits."""
    return {name: value for name, value in vars(event).items() if not isinstance(value, float)}


@pytest.mark.parametrize(
    "config", [WEAK, LATER, replace(LATER, eight_bit=False), replace(LATER, norm="l2", eps=0.1)]
)
def test_what_happens_is_what_would_happen_one_after_the_other(config, monkeypatch):
    later = 0
    for x in images(12):
        together, fewer = story(x, config, COPIES, monkeypatch)
        apart, more = story(x, config, 1, monkeypatch)
        *steps, last = together
        *expected_steps, expected = apart
        assert isinstance(last, Finished)
        assert [type(e) for e in together] == [type(e) for e in apart]
        for a, b in zip(steps[1:], expected_steps[1:], strict=True):
            assert numbers(a) == numbers(b)
            if isinstance(a, Step):
                for name in ("true_margin", "linear_margin", "best_margin"):
                    assert getattr(a, name) == pytest.approx(getattr(b, name), abs=1e-4)
        a, b = last.result, expected.result
        for name in ("success", "survives_png", "steps", "steps_total", "adversarial_index"):
            assert getattr(a, name) == getattr(b, name)
        assert a.target.index == b.target.index
        torch.testing.assert_close(a.adversarial, b.adversarial, rtol=0, atol=1e-3)
        if len(a.attempts) > 2:
            later += 1
            assert len(fewer) < len(more)
    assert later > 0


def test_after_a_success_nothing_is_spent_on_later_targets():
    config, seen = replace(LATER, eight_bit=False), set()
    for x in images(12):
        model = Sizes()
        *_, finished = attack(model, sample(x), config)
        result, sizes = finished.result, model.sizes[4:]  # ahead of them it is tried out
        first, *others = [attempt.steps for attempt in result.attempts]
        # The image, its ranking on copies, the first target's gradient and steps.
        calls = 3 + 1 + first
        alone = sizes[2:calls]
        assert set(alone) == {1}
        together = sizes[calls:-2]
        if others:
            seen.add(result.success)
            assert together[0] == config.n_targets - 1
            assert len(together) == 1 + 1 + max(others)
            assert sum(together) <= len(others) + sum(others) + config.n_targets - 1 + (
                config.n_targets - 1 - len(others)
            ) * (others[-1] + 1)
        else:
            assert together == []
    assert seen == {True, False}


@pytest.mark.parametrize("config", [WEAK, LATER])
def test_all_passes_are_counted_also_those_in_vain(config):
    in_vain = 0
    for x in images(12):
        model = Counted(smooth_cnn())
        *_, finished = attack(model, sample(x), config)
        result = finished.result
        assert (result.n_forward + FORWARD, result.n_backward + BACKWARD) == (
            model.forwards,
            model.backwards,
        )
        in_vain += result.n_backward > 12 + len(result.attempts) + len(result.trace)
    assert bool(in_vain) == (config is LATER)


def test_large_images_go_one_by_one():
    assert copies_of(torch.zeros(1, 3, 32, 32)) == copies_of(torch.zeros(1, 3, 64, 64)) == COPIES
    assert copies_of(torch.zeros(1, 3, 128, 128)) == 2
    assert copies_of(torch.zeros(1, 3, 224, 224)) == 1
    assert copies_of(torch.zeros(1, 3, 600, 800)) == 1
