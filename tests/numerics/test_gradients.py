"""Jacobian rows against autograd and finite differences; counts; and what the model must be left like."""

import pytest
import torch
from torch import nn

from malt_core.errors import BadConfig
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Passes
from tests.helpers.analytic import Constant, Counted, classes, images, smooth_cnn, spike

CANDIDATES = torch.tensor([[1, 5, 7], [2, 3, 11]])
Y = torch.tensor([0, 4])


def jacobian_rows(model: nn.Module, x: torch.Tensor, passes: Passes | None = None) -> torch.Tensor:
    rows = gradients.margin_gradients(model, x, Y, CANDIDATES, passes or Passes())
    return torch.stack(list(rows), dim=1)


def margins(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    z = model(x)
    return z.gather(1, Y[:, None]) - z.gather(1, CANDIDATES)


def test_rows_equal_autograd_one_image_and_one_class_at_a_time():
    model, x = smooth_cnn().double(), images(2).double()
    rows = jacobian_rows(model, x)
    for i in range(2):
        for j in range(3):
            leaf = x[i : i + 1].clone().requires_grad_()
            z = model(leaf)[0]
            (expected,) = torch.autograd.grad(z[Y[i]] - z[CANDIDATES[i, j]], leaf)
            torch.testing.assert_close(rows[i, j], expected[0])


def test_rows_predict_finite_differences():
    model, x = smooth_cnn().double(), images(2).double()
    rows = jacobian_rows(model, x)
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        v = torch.randn(x.shape, generator=generator, dtype=torch.float64)
        step = 1e-5
        with torch.no_grad():
            difference = (margins(model, x + step * v) - margins(model, x - step * v)) / (2 * step)
        torch.testing.assert_close((rows * v[:, None]).flatten(2).sum(2), difference, rtol=1e-6, atol=1e-8)


def test_margin_and_gradient_agree_with_the_rows():
    model, x = smooth_cnn().double(), images(2).double()
    m, g = gradients.margin_and_gradient(model, x, Y, CANDIDATES[:, 1], Passes())
    torch.testing.assert_close(g, jacobian_rows(model, x)[:, 1])
    torch.testing.assert_close(m, margins(model, x)[:, 1].detach())
    assert not m.requires_grad
    assert not g.requires_grad


def test_passes_are_what_really_went_through_the_model():
    model, x, passes = Counted(smooth_cnn()), images(2), Passes()
    jacobian_rows(model, x, passes)
    gradients.margin_and_gradient(model, x, Y, CANDIDATES[:, 0], passes)
    gradients.logits(model, x, passes)
    assert (passes.forward, passes.backward) == (2 + 2 + 2, 6 + 2)
    assert (model.forwards, model.backwards) == (passes.forward, passes.backward)


def test_stopping_early_stops_the_backward_passes():
    model = Counted(smooth_cnn())
    rows = gradients.margin_gradients(model, images(2), Y, CANDIDATES, Passes())
    next(rows)
    rows.close()
    assert model.backwards == 2


@pytest.mark.parametrize("model", [Constant([float(i) for i in range(12)]), lambda x: torch.ones(len(x), 12)])
def test_constant_models_have_zero_gradients(model):
    x = images(2)
    assert torch.equal(jacobian_rows(model, x), torch.zeros(2, 3, *x.shape[1:]))
    m, g = gradients.margin_and_gradient(model, x, Y, CANDIDATES[:, 0], Passes())
    assert m.isfinite().all()
    assert g.count_nonzero() == 0


def test_gradients_that_are_not_finite_are_yielded_raw_and_usable_ones_are_finite():
    def model(x):
        return torch.cat((x.flatten(1).sum(1, keepdim=True), spike(x), torch.zeros(len(x), 10)), dim=1)

    x = images(2)
    assert jacobian_rows(model, x)[0, 0].isnan().all()
    assert torch.equal(jacobian_rows(model, x)[0, 1], torch.ones_like(x[0]))  # the label is class 0
    _, g = gradients.margin_and_gradient(model, x, Y, CANDIDATES[:, 0], Passes())
    assert g.isfinite().all()


def test_parameters_get_no_gradient_and_keep_their_flags():
    model, x = smooth_cnn(), images(2)
    model[0].weight.requires_grad_(False)
    before = [p.requires_grad for p in model.parameters()]
    jacobian_rows(model, x)
    gradients.margin_and_gradient(model, x, Y, CANDIDATES[:, 0], Passes())
    assert [p.requires_grad for p in model.parameters()] == before
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad])
def test_gradients_are_there_whatever_the_callers_mode(mode):
    model, x = smooth_cnn(), images(2)
    expected = jacobian_rows(model, x)
    assert (expected.flatten(2).norm(dim=2) > 0).all()
    with mode():
        assert torch.equal(jacobian_rows(model, x), expected)
        _, g = gradients.margin_and_gradient(model, x, Y, CANDIDATES[:, 0], Passes())
    torch.testing.assert_close(g, expected[:, 0])


def test_logits_come_in_float32_even_inside_the_callers_autocast():
    model, x = smooth_cnn(), images(4)
    with torch.no_grad():
        expected = model(x)
    with torch.autocast("cpu", torch.bfloat16):
        assert model(x).dtype == torch.bfloat16
        z = gradients.logits(model, x, Passes())
        _, g = gradients.margin_and_gradient(model, x[:2], Y, CANDIDATES[:, 0], Passes())
    assert torch.equal(z, expected)
    torch.testing.assert_close(g, jacobian_rows(model, x[:2])[:, 0])


def test_logits_keep_float64_and_raise_half_precision_to_float32():
    x = images(1)
    assert gradients.logits(smooth_cnn().double(), x.double(), Passes()).dtype == torch.float64
    assert gradients.logits(lambda x: smooth_cnn()(x).bfloat16(), x, Passes()).dtype == torch.float32


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (torch.zeros(2, 3, 4), r"returned \(2, 3, 4\) for 2 images; expected logits of shape \(2, classes\)"),
        (torch.zeros(3, 4), r"returned \(3, 4\) for 2 images"),
        ((torch.zeros(2, 4),), "returned tuple for 2 images"),
        (torch.zeros(2, 1), "one class only"),
        (torch.tensor([[1.0, 2.0], [torch.nan, 0.0]]), "not finite"),
        (torch.tensor([[1.0, 2.0], [torch.inf, 0.0]]), "not finite"),
    ],
)
def test_output_that_is_no_logits_is_refused(output, message):
    with pytest.raises(BadConfig, match=message):
        gradients.logits(lambda x: output, images(2), Passes())


def test_evaluation_mode_turns_dropout_off_and_restores_every_flag():
    model = nn.Sequential(smooth_cnn(), nn.BatchNorm1d(12), nn.Dropout())
    model.train()
    model[1].eval()
    flags = [m.training for m in model.modules()]
    x = images(4)
    with gradients.evaluation_mode(model):
        assert not any(m.training for m in model.modules())
        assert torch.equal(classes(model, x), classes(model, x))
    assert [m.training for m in model.modules()] == flags
    with pytest.raises(KeyError), gradients.evaluation_mode(model):
        raise KeyError
    assert [m.training for m in model.modules()] == flags


def test_evaluation_mode_takes_functions_as_they_are():
    with gradients.evaluation_mode(torch.sin):
        assert torch.sin(torch.zeros(1)) == 0
