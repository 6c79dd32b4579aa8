"""MALT on one image: what it refuses, and that neither callers, neighbours nor the model notice it."""

from dataclasses import replace
from itertools import zip_longest

import pytest
import torch
from torch import nn

from malt_core import BadConfig, BadImage, attack
from malt_core.attacks.types import Step
from tests.helpers.analytic import Constant, Counted, images, sample, smooth_cnn
from tests.helpers.attacks import STRONG, WEAK, run, same_result

# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", [-1, 12, 1000])
def test_label_out_of_range_is_refused(label):
    with pytest.raises(BadConfig, match=rf"Label {label} is out of range: the model has classes 0 to 11"):
        run(smooth_cnn(), images(1)[0], WEAK, label)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (images(1), r"\(channels, height, width\), not \(1, 3, 8, 8\)"),
        ((images(1)[0] * 255).to(torch.uint8), "not torch.uint8"),
        (torch.full((3, 8, 8), torch.nan), "NaN"),
        (torch.full((3, 8, 8), torch.inf), "infinite"),
        (images(1)[0] * 255, "divide by 255"),
        (images(1)[0] - 0.5, "expected 0 to 1"),
        (torch.zeros(3, 0, 8), "holds no pixels"),
    ],
)
def test_arrays_that_are_no_sample_are_refused(x, message):
    with pytest.raises(BadImage, match=message):
        run(smooth_cnn(), x, WEAK)


def test_one_class_and_broken_models_are_refused():
    x = images(1)[0]
    with pytest.raises(BadConfig, match="one class only"):
        run(Constant([1.0]), x, WEAK)
    with pytest.raises(BadConfig, match="not finite"):
        run(Constant([1.0, torch.nan]), x, WEAK)
    with pytest.raises(BadConfig, match=r"expected logits of shape \(2, classes\)"):
        run(lambda x: x, x, WEAK)


def test_model_that_breaks_only_away_from_the_image_is_refused_too():
    network, x = smooth_cnn(), images(1)[0]

    def model(v):
        return network(v) if torch.equal(v[0], x) else network(v) * torch.nan

    with pytest.raises(BadConfig, match="not finite"):
        run(model, x, WEAK)


# --- seeds, neighbours, cancelling, what is left behind ---------------------------------------------------


def test_same_seed_same_result_and_another_seed_another():
    model, x = smooth_cnn(), images(1)[0]
    assert same_result(run(model, x, WEAK), run(model, x, WEAK))
    assert not same_result(run(model, x, WEAK), run(model, x, replace(WEAK, seed=1)))


def test_two_attacks_taken_in_turns_do_not_disturb_each_other():
    model, (a, b) = smooth_cnn(), images(2)
    alone = run(model, a, WEAK), run(model, b, STRONG)
    events = list(zip_longest(attack(model, sample(a), WEAK), attack(model, sample(b), STRONG)))
    together = ([e for e in side if e is not None][-1].result for side in zip(*events, strict=True))
    assert all(same_result(x, y) for x, y in zip(alone, together, strict=True))


def test_global_random_state_is_neither_used_nor_changed():
    model, x = smooth_cnn(), images(1)[0]
    first = run(model, x, WEAK)
    torch.manual_seed(123)
    before = torch.get_rng_state()
    assert same_result(run(model, x, WEAK), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_closing_the_iterator_stops_the_work():
    model = Counted(smooth_cnn())
    events = attack(model, sample(images(1)[0]), WEAK)
    while not isinstance(next(events), Step):
        pass
    done = model.forwards, model.backwards
    events.close()
    assert (model.forwards, model.backwards) == done
    assert next(events, None) is None
    assert done[0] < run(model, images(1)[0], WEAK).n_forward


def test_work_is_done_one_event_at_a_time():
    """An iterator that computed ahead could not be cancelled, or shown as it goes."""
    model = Counted(smooth_cnn())
    seen = []
    for event in attack(model, sample(images(1)[0]), WEAK):
        if isinstance(event, Step):
            seen.append(model.backwards)
    assert len(seen) == 3 * (WEAK.n_iter + 1)
    # The third target is on its way while the second one is told, so nothing is computed for its own events.
    assert len(set(seen)) == 2 * (WEAK.n_iter + 1)


def test_training_mode_is_left_for_the_attack_and_restored():
    model = nn.Sequential(smooth_cnn(), nn.BatchNorm1d(12), nn.Dropout(0.5)).train()
    statistics = model[1].running_mean.clone()
    x = images(1)[0]
    result = run(model, x, WEAK)
    assert model.training
    assert model[2].training
    assert same_result(result, run(model.eval(), x, WEAK))
    assert torch.equal(model[1].running_mean, statistics)
    assert int(model[1].num_batches_tracked) == 0
    events = attack(model.train(), sample(x), WEAK)
    next(events)
    assert not model.training
    events.close()
    assert model.training


def test_parameters_and_the_sample_are_left_alone():
    model, x = smooth_cnn(), images(1)[0]
    kept = x.clone()
    result = run(model, x, WEAK)
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert torch.equal(x, kept)
    result.adversarial.zero_()
    assert torch.equal(x, kept)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_callers_gradient_mode_does_not_matter(mode):
    model, x = smooth_cnn(), images(1)[0]
    expected = run(model, x, STRONG)
    with mode():
        fresh = images(1)[0]  # an inference tensor, if that is the mode
        events = []
        for event in attack(model, sample(fresh), STRONG):
            assert not torch.is_grad_enabled()
            assert torch.is_inference_mode_enabled() == (mode is torch.inference_mode)
            events.append(event)
    assert same_result(events[-1].result, expected)
    assert expected.success


def test_callers_autocast_does_not_matter():
    model, x = smooth_cnn(), images(1)[0]
    expected = run(model, x, WEAK)
    with torch.autocast("cpu", torch.bfloat16):
        assert same_result(run(model, x, WEAK), expected)


@pytest.mark.parametrize(
    "lay_out",
    [
        lambda x: x.clone().requires_grad_(),
        lambda x: x.permute(1, 2, 0).contiguous().permute(2, 0, 1),
        lambda x: x.flip(2).flip(2).repeat(1, 1, 2)[:, :, :8],
    ],
)
def test_layout_and_graph_of_the_sample_do_not_matter(lay_out):
    model, x = smooth_cnn(), images(1)[0]
    result, expected = run(model, lay_out(x), STRONG), run(model, x, STRONG)
    assert result.success
    assert not result.adversarial.requires_grad
    torch.testing.assert_close(result.adversarial, expected.adversarial, rtol=0, atol=1e-6)
