"""MALT on a batch: what it accepts and refuses, in which precision, and what it leaves behind."""

import numpy as np
import pytest
import torch
from torch import nn

from malt_core import BadConfig, BadImage, malt
from tests.helpers.analytic import Constant, Counted, classes, images, smooth_cnn
from tests.helpers.attacks import EPS, check_verdicts, fast, same_batch

NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])

# --- the model is left as it was, the caller's modes do not matter ----------------------------------------


def test_training_mode_is_left_for_the_attack_and_restored():
    model = nn.Sequential(smooth_cnn(), nn.BatchNorm1d(12), nn.Dropout(0.5)).train()
    model[1].eval()
    statistics = model[1].running_mean.clone()
    result = fast(model, images(6))
    assert [m.training for m in model] == [True, False, True]
    assert torch.equal(model[1].running_mean, statistics)
    assert same_batch(result, fast(model.eval(), images(6)))


def test_training_mode_is_restored_after_an_error_too():
    model = smooth_cnn().train()
    with pytest.raises(BadConfig):
        fast(model, images(2), [0, 99])
    assert all(m.training for m in model.modules())


def test_parameters_and_images_are_left_alone():
    model, x = smooth_cnn(), images(4)
    model[0].weight.requires_grad_(False)
    flags = [p.requires_grad for p in model.parameters()]
    result = fast(model, x)
    assert [p.requires_grad for p in model.parameters()] == flags
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(x, images(4))
    result.adversarial.zero_()
    assert torch.equal(x, images(4))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_callers_gradient_mode_does_not_matter(mode):
    model, x = smooth_cnn(), images(8)
    expected = fast(model, x, classes(model, x))
    with mode():
        fresh = images(8)
        result = fast(model, fresh, model(fresh).argmax(1))
        assert torch.is_inference_mode_enabled() == (mode is torch.inference_mode)
    assert same_batch(result, expected)
    assert expected.success.any()


def test_callers_autocast_does_not_matter():
    model, x = smooth_cnn(), images(8)
    expected = fast(model, x)
    with torch.autocast("cpu", torch.bfloat16):
        result = fast(model, x)
    assert same_batch(result, expected)
    assert result.precision == "float32"


# --- what is accepted -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lay_out",
    [
        lambda x: x.to(memory_format=torch.channels_last),
        lambda x: x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2),
        lambda x: x.repeat(1, 1, 1, 2)[..., :8],
        lambda x: x.clone().requires_grad_(),
        lambda x: x.double(),
        lambda x: x.numpy(),
        lambda x: x.permute(0, 2, 3, 1).numpy().copy().transpose(0, 3, 1, 2),
    ],
)
def test_layout_type_and_graph_of_the_images_do_not_matter(lay_out):
    model, x = smooth_cnn(), images(6)
    expected = fast(model, x, eps=8 / 255)
    result = fast(model, lay_out(x), eps=8 / 255)
    assert torch.equal(result.success, expected.success)
    assert torch.equal(result.target, expected.target)
    torch.testing.assert_close(result.adversarial, expected.adversarial, rtol=0, atol=1e-5)
    assert not result.adversarial.requires_grad


@pytest.mark.parametrize("convert", [list, np.array, lambda y: torch.tensor(y, dtype=torch.uint8)])
def test_labels_come_in_any_integer_form(convert):
    model, x = smooth_cnn(), images(4)
    y = classes(model, x)
    assert same_batch(fast(model, x, convert(y.tolist())), fast(model, x, y))
    assert same_batch(fast(model, x), fast(model, x, y))


@pytest.mark.parametrize("channels", [1, 4])
def test_any_number_of_channels(channels):
    model, x = smooth_cnn(channels=channels), images(4, shape=(channels, 8, 8))
    result = fast(model, x, eps=0.2)
    assert result.success.all()
    check_verdicts(model, x, classes(model, x), result, "linf", 0.2)


def test_a_function_does_as_well_as_a_module():
    network, x = smooth_cnn(), images(6)
    result = malt(lambda v: network(v), x, eps=8 / 255, n_iter=12, n_targets=3, faithful=True)
    assert same_batch(result, fast(network, x, eps=8 / 255))
    assert result.precision == "float32"


@pytest.mark.parametrize("precision", ["auto", "bfloat16", "float32"])
def test_float64_network_is_attacked_and_judged_in_float64(precision):
    model, x = smooth_cnn().double(), images(8)
    result = fast(model, x, precision=precision, eps=2.5 / 255)
    assert result.adversarial.dtype == torch.float64
    assert result.precision == "float64"
    assert torch.equal(result.success, classes(model, result.adversarial) != classes(model, x.double()))
    assert result.success.any()


# --- bfloat16 ---------------------------------------------------------------------------------------------


class LiesInBfloat16(nn.Module):
    """In float32 everything is class 11, whatever the pixels; under autocast it is what a network says."""

    def __init__(self) -> None:
        super().__init__()
        self.network = smooth_cnn()

    def forward(self, x):
        if torch.is_autocast_enabled("cpu"):
            return self.network(x)
        return torch.arange(12.0).expand(len(x), -1)


def test_bfloat16_verdicts_are_never_believed():
    model, x = LiesInBfloat16(), images(6)
    result = fast(model, x, precision="bfloat16", eps=16 / 255)
    assert result.precision == "bfloat16"
    assert not result.success.any()
    assert (result.target == -1).all()
    assert torch.equal(result.adversarial, x)


@NORMS
def test_bfloat16_success_is_judged_in_float32(norm):
    model, x = smooth_cnn(), images(24)
    result = fast(model, x, norm=norm, eps=EPS[norm], precision="bfloat16")
    check_verdicts(model, x, classes(model, x), result, norm, EPS[norm])
    assert result.success.any()
    assert not torch.equal(result.adversarial, fast(model, x, norm=norm, eps=EPS[norm]).adversarial)


# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [[0, 12], [-1, 0]])
def test_labels_out_of_range_are_refused(y):
    with pytest.raises(BadConfig, match=rf"labels from {min(y)} to {max(y)}; the model has 0 to 11"):
        fast(smooth_cnn(), images(2), y)


@pytest.mark.parametrize(
    "y", [[0], [0, 1, 2], 0, [[0], [1]], [0.0, 1.0], [True, False], ["cat", "dog"], [[0], [1, 2]]]
)
def test_labels_of_the_wrong_kind_are_refused(y):
    with pytest.raises(BadConfig, match="y must hold"):
        fast(smooth_cnn(), images(2), y)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (images(1)[0], r"give x\[None\]"),
        (torch.zeros(0, 3, 8, 8), "no pixels"),
        ((images(2) * 255).to(torch.uint8), "Divide 8-bit pixels by 255"),
        (images(2) * 255, "divide by 255"),
        (images(2) - 0.5, "normalise inside the model"),
        (torch.full((2, 3, 8, 8), torch.nan), "NaN"),
        (torch.full((2, 3, 8, 8), torch.inf), "infinite"),
        (images(2).permute(0, 2, 3, 1), "channels"),
        ("cat.png", "not str"),
    ],
)
def test_arrays_that_are_no_images_are_refused(x, message):
    with pytest.raises(BadImage, match=message):
        fast(smooth_cnn(), x)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"eps": 0}, "needs room to move"),
        ({"eps": -1 / 255}, "give a value over 0"),
        ({"eps": 8}, "8/255"),
        ({"eps": float("nan")}, "must be a number"),
        ({"eps": float("inf")}, "must be a number"),
        ({"eps": "4/255"}, "must be a number"),
        ({"norm": "l1"}, "choose linf or l2"),
        ({"targeting": "random"}, "choose malt or naive"),
        ({"n_targets": 0}, "n_targets must be a whole number from 1"),
        ({"n_candidates": 0}, "n_candidates must be"),
        ({"n_iter": 0}, "n_iter must be"),
        ({"n_iter": 2.5}, "n_iter must be"),
        ({"seed": -1}, "seed must be"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"precision": "float16"}, "choose auto, float32 or bfloat16"),
    ],
)
def test_settings_out_of_range_are_refused_before_the_model_is_asked(settings, message):
    model = Counted(smooth_cnn())
    with pytest.raises(BadConfig, match=message):
        fast(model, images(2), **settings)
    assert model.forwards == 0


def test_eps_over_1_is_fine_in_l2():
    assert fast(smooth_cnn(), images(3), norm="l2", eps=3.0).success.all()


def test_models_that_do_not_fit_are_refused():
    x = images(2)
    with pytest.raises(BadConfig, match="one class only"):
        fast(Constant([1.0]), x)
    with pytest.raises(BadConfig, match="not finite"):
        fast(Constant([1.0, torch.nan]), x)
    with pytest.raises(BadConfig, match=r"expected logits of shape \(2, classes\)"):
        fast(lambda x: x, x)
    with pytest.raises(BadConfig, match=r"weights are torch\.bfloat16; .* model\.float\(\)"):
        fast(smooth_cnn().bfloat16(), x)


def test_model_that_breaks_on_the_way_is_refused():
    network, x = smooth_cnn(), images(2)

    def model(v):
        return network(v) if any(torch.equal(v[0], image) for image in x) else network(v) * torch.nan

    with pytest.raises(BadConfig, match="not finite"):
        fast(model, x)
