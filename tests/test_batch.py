"""MALT on a batch: the verdict, the independence of its rows, and what it accepts and refuses."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from malt_core import AttackConfig, BadConfig, BadImage, attack, malt
from malt_core.batch import SPECULATE_AFTER
from tests.analytic import (
    Constant,
    Counted,
    LiesToAttacks,
    Linear,
    assert_inside,
    classes,
    grey,
    images,
    sample,
    smooth_cnn,
    spike,
)

NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])
EPS = {"linf": 2.5 / 255, "l2": 0.1}  # fools smooth_cnn on about half of the images


def fast(model, x, y=None, **settings):
    """A short attack in float32."""
    return malt(model, x, y, **{"n_iter": 12, "n_targets": 3, "precision": "float32", **settings})


def same(a, b):
    return (
        torch.equal(a.adversarial, b.adversarial)
        and torch.equal(a.success, b.success)
        and torch.equal(a.target, b.target)
        and (a.n_forward, a.n_backward) == (b.n_forward, b.n_backward)
    )


def check_verdict(model, x, y, result, norm, eps):
    """Success is exactly what an independent look at the returned images says."""
    assert torch.equal(result.success, classes(model, result.adversarial) != y)
    assert torch.equal(result.already_wrong, classes(model, x) != y)
    assert torch.equal(result.target >= 0, result.success & ~result.already_wrong)
    assert (result.target != y).all()
    untouched = ~result.success | result.already_wrong
    assert torch.equal(result.adversarial[untouched], x[untouched])
    assert_inside(result.adversarial, x, norm, eps)


# --- the verdict ------------------------------------------------------------------------------------------


@NORMS
@pytest.mark.parametrize("targeting", ["malt", "naive"])
def test_success_is_what_an_independent_judge_says(norm, targeting):
    model, x = smooth_cnn(), images(24)
    y = classes(model, x)
    y[::5] = (y[::5] + 1) % 12
    result = fast(model, x, y, norm=norm, eps=EPS[norm], targeting=targeting)
    check_verdict(model, x, y, result, norm, EPS[norm])
    assert result.already_wrong.sum() == 5
    attacked = result.success[~result.already_wrong]
    assert attacked.any()
    assert not attacked.all()
    assert result.precision == "float32"


@NORMS
@settings(deadline=None, max_examples=25)
@given(
    eps=st.sampled_from([0.3 / 255, 1 / 255, 0.0099, 0.0301, 0.25, 1.0]),
    where=st.sampled_from(["noise", "black", "white", "corners"]),
    seed=st.integers(0, 200),
    batch_size=st.integers(1, 6),
)
def test_nothing_leaves_the_ball_or_the_unit_cube(norm, eps, where, seed, batch_size):
    x = images(4, seed=seed)
    x = {"noise": x, "black": x * 0, "white": x * 0 + 1, "corners": x.round()}[where]
    model = smooth_cnn()
    result = fast(model, x, norm=norm, eps=eps, n_iter=4, seed=seed, batch_size=batch_size)
    check_verdict(model, x, classes(model, x), result, norm, eps)


@NORMS
@pytest.mark.parametrize("n_classes", [2, 3, 12])
def test_linear_model_falls_just_beyond_the_predicted_distance_and_never_before(norm, n_classes):
    model = Linear(n_classes)
    distances = model.distances(norm)
    nearest = 1 + distances.index(min(distances))
    for factor in (0.97, 1.03):
        result = fast(model, grey(), norm=norm, eps=factor * min(distances), n_iter=50)
        assert result.success.tolist() == [factor > 1]
        assert result.target.tolist() == [nearest if factor > 1 else -1]


def test_malt_needs_fewer_steps_than_naive_targeting_on_a_linear_model():
    model = Linear(12)
    eps = 1.03 * min(model.distances("linf"))
    costs = {how: fast(model, grey(), eps=eps, targeting=how).n_backward for how in ("malt", "naive")}
    assert costs["malt"] - 11 < costs["naive"]  # without the Jacobian's rows, which naive targeting saves


def test_the_attacks_own_word_is_not_believed():
    result = fast(LiesToAttacks(), images(3))
    assert torch.equal(result.adversarial, images(3))
    assert not result.success.any()
    assert result.target.tolist() == [-1, -1, -1]


def test_constant_model_is_never_fooled():
    for model in (
        Constant([0.0, 3.0, 1.0, 2.0, -1.0]),
        lambda x: torch.tensor([[1.0, 0.0]]).expand(len(x), 2),
    ):
        result = fast(model, images(3))
        assert not result.success.any()
        assert result.target.tolist() == [-1, -1, -1]
        assert torch.equal(result.adversarial, images(3))


def test_nan_gradients_do_not_spoil_the_images():
    network = smooth_cnn()

    def model(x):
        z = network(x)
        return torch.cat((z, z.amax(1, keepdim=True) - 0.01 + spike(x)), dim=1)

    x = images(6)
    result = fast(model, x, n_targets=12, n_iter=3, eps=1 / 255)
    check_verdict(model, x, classes(model, x), result, "linf", 1 / 255)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_two_and_three_classes_are_attacked_with_the_targets_there_are(n_classes):
    model, x = smooth_cnn(n_classes), images(6)
    assert fast(model, x, eps=0.3, n_targets=9, n_iter=40).success.all()
    weak = Counted(model)
    result = fast(weak, x, eps=0.01 / 255, n_targets=9, n_iter=2)
    assert not result.success.any()
    assert result.n_backward == 6 * (n_classes - 1) * (1 + 3)  # Jacobian row, start, two steps


def test_all_images_wrong_already_costs_no_attack():
    model, x = Counted(smooth_cnn()), images(4)
    result = fast(model, x, (classes(model.network, x) + 1) % 12)
    assert result.success.all()
    assert result.already_wrong.all()
    assert result.n_backward == model.backwards == 0
    assert torch.equal(result.adversarial, x)


def test_counts_are_what_went_through_the_model():
    for precision in ("float32", "bfloat16"):
        model = Counted(smooth_cnn())
        result = fast(model, images(10), precision=precision, eps=2.5 / 255)
        assert (result.n_forward, result.n_backward) == (model.forwards, model.backwards)
        assert result.success.any()


def test_work_on_an_image_stops_when_it_is_fooled():
    """All images at once cost no more steps than one by one; fooled ones no more than their last step."""
    model, x = smooth_cnn(), images(24)
    result = fast(model, x, eps=16 / 255, n_iter=100)
    assert result.success.all()
    assert result.n_backward < 24 * (11 + 12)  # 11 Jacobian rows, and far from 100 steps


# --- rows do not depend on each other ---------------------------------------------------------------------


@NORMS
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_batch_size_does_not_change_any_row(norm, batch_size):
    """In float64, and with one target an image, so that neither rounding nor a race between targets shows."""
    model, x = smooth_cnn().double(), images(10)
    common = {"norm": norm, "eps": EPS[norm], "n_targets": 1, "n_iter": 15}
    expected = fast(model, x, **common, batch_size=10)
    result = fast(model, x, **common, batch_size=batch_size)
    assert torch.equal(result.success, expected.success)
    assert torch.equal(result.target, expected.target)
    torch.testing.assert_close(result.adversarial, expected.adversarial, rtol=0, atol=1e-9)
    assert expected.success.any()
    assert not expected.success.all()


@NORMS
def test_neighbours_do_not_change_a_row(norm):
    model, x, others = smooth_cnn().double(), images(8), images(8, seed=1)
    common = {"norm": norm, "eps": EPS[norm], "n_targets": 1}
    expected = fast(model, x, **common)
    mixed = x.clone()
    mixed[::2] = others[::2]
    result = fast(model, mixed, **common)
    torch.testing.assert_close(result.adversarial[1::2], expected.adversarial[1::2], rtol=0, atol=1e-9)
    assert torch.equal(result.success[1::2], expected.success[1::2])
    assert not torch.allclose(result.adversarial[::2], expected.adversarial[::2])


def test_a_batch_of_one_goes_the_way_of_the_single_attack():
    model, x, later = smooth_cnn(), images(8), 0
    common = {"eps": 2.5 / 255, "n_iter": 12, "n_targets": 3, "targeting": "naive"}
    for image in x:
        batch = malt(model, image[None], **common, batch_size=1, precision="float32")
        *_, finished = attack(model, sample(image), AttackConfig(**common, eight_bit=False))
        assert batch.success.tolist() == [finished.result.success]
        if finished.result.success:
            assert torch.equal(batch.adversarial[0], finished.result.adversarial)
            assert batch.target.tolist() == [finished.result.target.index]
            later += finished.result.target.rank > 1
    assert later > 0


@pytest.mark.parametrize("batch_size", [1, 4, 7, 64])
def test_second_targets_in_free_places_do_not_change_who_is_fooled(batch_size):
    model, x = smooth_cnn().double(), images(16)
    common = {"eps": 2.5 / 255, "n_targets": 4, "n_iter": 2 * SPECULATE_AFTER, "targeting": "naive"}
    expected = fast(model, x, **common, batch_size=1)
    result = fast(model, x, **common, batch_size=batch_size)
    assert torch.equal(result.success, expected.success)
    assert expected.success.any()
    assert not expected.success.all()


def test_every_target_of_an_unfooled_image_gets_all_its_steps():
    for batch_size in (1, 2, 50):
        model = Counted(smooth_cnn())
        x = images(3)
        result = fast(model, x, eps=0.1 / 255, n_targets=5, n_iter=25, batch_size=batch_size)
        assert not result.success.any()
        assert result.n_backward == 3 * (11 + 5 * 26)


def test_same_seed_same_result_and_another_seed_another():
    model, x = smooth_cnn(), images(8)
    assert same(fast(model, x), fast(model, x))
    assert not same(fast(model, x), fast(model, x, seed=1))


def test_equal_images_in_two_places_get_different_starts():
    model, x = smooth_cnn(), images(1).repeat(2, 1, 1, 1)
    result = fast(model, x, eps=0.1)
    assert result.success.all()
    assert not torch.equal(result.adversarial[0], result.adversarial[1])


def test_global_random_state_is_neither_used_nor_changed():
    model, x = smooth_cnn(), images(4)
    first = fast(model, x)
    torch.manual_seed(123)
    before = torch.get_rng_state()
    assert same(fast(model, x), first)
    assert torch.equal(torch.get_rng_state(), before)


# --- the model is left as it was, the caller's modes do not matter ----------------------------------------


def test_training_mode_is_left_for_the_attack_and_restored():
    model = nn.Sequential(smooth_cnn(), nn.BatchNorm1d(12), nn.Dropout(0.5)).train()
    model[1].eval()
    statistics = model[1].running_mean.clone()
    result = fast(model, images(6))
    assert [m.training for m in model] == [True, False, True]
    assert torch.equal(model[1].running_mean, statistics)
    assert same(result, fast(model.eval(), images(6)))


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
    assert same(result, expected)
    assert expected.success.any()


def test_callers_autocast_does_not_matter():
    model, x = smooth_cnn(), images(8)
    expected = fast(model, x)
    with torch.autocast("cpu", torch.bfloat16):
        result = fast(model, x)
    assert same(result, expected)
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


@pytest.mark.parametrize("convert", [list, np.array, lambda y: torch.tensor(y, dtype=torch.int32)])
def test_labels_come_in_any_integer_form(convert):
    model, x = smooth_cnn(), images(4)
    y = classes(model, x)
    assert same(fast(model, x, convert(y.tolist())), fast(model, x, y))
    assert same(fast(model, x), fast(model, x, y))


@pytest.mark.parametrize("channels", [1, 4])
def test_any_number_of_channels(channels):
    model, x = smooth_cnn(channels=channels), images(4, shape=(channels, 8, 8))
    result = fast(model, x, eps=0.2)
    assert result.success.all()
    check_verdict(model, x, classes(model, x), result, "linf", 0.2)


def test_a_function_does_as_well_as_a_module():
    network, x = smooth_cnn(), images(6)
    result = malt(lambda v: network(v), x, eps=8 / 255, n_iter=12, n_targets=3)
    assert same(result, fast(network, x, eps=8 / 255))
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
    check_verdict(model, x, classes(model, x), result, norm, EPS[norm])
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
