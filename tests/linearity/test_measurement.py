"""Linear prediction against truth, where both are known in closed form."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from malt_core import BadConfig, BadImage, measure_linearity
from malt_core.linearity.crossing import first_crossing
from malt_core.linearity.measurement import COARSE, DRIFT_T, FINE, PLENTY, fit, path
from malt_core.trust.soundness import BACKWARD, FORWARD
from tests.helpers.analytic import Constant, Counted, Linear, Quadratic, grey, images, smooth_cnn

C, A, B = 2.0, 0.5, 0.125  # m(s) = c - a s - b s², for Quadratic


def shift(s: float) -> torch.Tensor:
    """The grey image with every pixel raised alike so that their sum grows by s, (3, 8, 8)."""
    return grey()[0] + s / grey().numel()


def cnn_pair(eps: float = 8 / 255) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A smooth network, an image and a random neighbour of it."""
    x0 = images(1)[0]
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0)).sign()
    return smooth_cnn(), x0, (x0 + eps * noise).clamp(0, 1)


def test_linear_model_is_straight_to_the_last_digit():
    model = Linear(12)
    x0 = grey()[0]
    gradient = (model.weight[0] - model.weight[4]).detach().view_as(x0)
    x_adv = x0 - 8 / 255 * gradient.sign()
    report = measure_linearity(model, x0, x_adv, 0, 4)
    assert (report.r2, report.r2_to_crossing) == pytest.approx((1, 1), abs=1e-9)
    assert (report.max_deviation, report.max_deviation_to_crossing) == pytest.approx((0, 0), abs=1e-5)
    exact = model.distances("linf")[3] * 255 / 8  # as a share of the way
    assert report.predicted_crossing == pytest.approx(exact, rel=1e-4)
    assert report.true_crossing == pytest.approx(exact, rel=1e-4)
    assert report.true_margin == pytest.approx([3.0 + 1.6 - v / exact * 4.6 for v in report.t], abs=1e-4)
    for change in (report.drift, report.random_drift):
        assert change == pytest.approx([0.0] * 5, abs=1e-5)
    for cosine in (report.cosine, report.random_cosine):
        assert cosine == pytest.approx([1.0] * 5, abs=1e-5)


def test_quadratic_margin_bends_as_computed_by_hand():
    s, t = 2.0, (0.0, 0.25, 0.5, 1.0, 1.5)
    report = measure_linearity(Quadratic(C, A, B), shift(0), shift(s), 0, 1, t=t)
    true = [C - A * s * v - B * (s * v) ** 2 for v in t]
    linear = [C - A * s * v for v in t]
    assert report.true_margin == pytest.approx(true, abs=1e-4)
    assert report.linear_margin == pytest.approx(linear, abs=1e-4)
    # What lies beyond t = 1 does not count.
    assert report.max_deviation == pytest.approx(B * s**2 / (A * s + B * s**2), rel=1e-4)
    assert report.r2 == pytest.approx(r_squared(t[:4], true[:4], linear[:4]), rel=1e-4)
    # The margin does not reach zero by t = 1, so there is nothing else to tell.
    assert (report.r2_to_crossing, report.max_deviation_to_crossing) == (report.r2, report.max_deviation)
    # The gradient is -(a + 2 b s) everywhere.
    assert report.drift_t == DRIFT_T
    assert report.drift == pytest.approx([2 * B * s * v / A for v in DRIFT_T], rel=1e-3)
    assert report.cosine == pytest.approx([1.0] * 5, abs=1e-5)


def r_squared(t, true, linear) -> float:
    """With integrals by the trapezoid rule."""
    t, true, linear = (np.array(values) for values in (t, true, linear))
    spread = true - np.trapezoid(true, t) / (t[-1] - t[0])
    return 1 - np.trapezoid((true - linear) ** 2, t) / np.trapezoid(spread**2, t)


@pytest.mark.parametrize("s", [6.0, 30.0, 90.0])  # the boundary at about 60%, 12% and 4% of the way
def test_up_to_the_crossing_the_fit_is_told_apart_and_the_points_are_many(s):
    report = measure_linearity(Quadratic(C, A, B / 10), shift(0), shift(s), 0, 1)
    b = B / 10
    crossing = (-A + math.sqrt(A**2 + 4 * b * C)) / (2 * b)
    assert report.true_crossing == pytest.approx(crossing / s, rel=1e-3)
    # At the crossing the line is off by b s², while the margin has dropped by c.
    assert report.max_deviation_to_crossing == pytest.approx(b * crossing**2 / C, rel=1e-2)
    t = np.linspace(0, crossing, 200)
    exact = r_squared(t, C - A * t - b * t**2, C - A * t)
    assert report.r2_to_crossing == pytest.approx(exact, abs=1e-3)
    assert report.r2 < report.r2_to_crossing
    assert sum(v <= 2 * report.true_crossing for v in report.t) > 0.9 * PLENTY[FINE]
    assert set(FINE) <= set(report.t)
    assert list(report.t) == sorted(set(report.t))


def test_crossings_of_the_quadratic_margin():
    """c = a s + b s² at s = (-a + sqrt(a² + 4 b c)) / 2b; the straight line crosses at c / a."""
    s = 6.0
    report = measure_linearity(Quadratic(C, A, B), shift(0), shift(s), 0, 1)
    assert report.predicted_crossing == pytest.approx(C / A / s, abs=1e-4)
    assert report.true_crossing == pytest.approx((-A + math.sqrt(A**2 + 4 * B * C)) / (2 * B) / s, abs=1e-3)
    assert report.true_crossing < report.predicted_crossing


def test_only_the_truth_crosses_where_the_line_is_too_flat():
    report = measure_linearity(Quadratic(1.0, 0.01, 1.0), shift(0), shift(1.0), 0, 1)
    assert report.predicted_crossing is None
    assert report.true_crossing == pytest.approx(0.995, abs=1e-3)


def test_a_gradient_that_turns_round_has_cosine_minus_one():
    """m = 2 - s + 2 s² falls at first and rises from s = 1/4 on."""
    report = measure_linearity(Quadratic(2.0, 1.0, -2.0), shift(0), shift(1.0), 0, 1)
    assert report.cosine[0] == pytest.approx(1, abs=1e-5)
    assert report.cosine[2:] == pytest.approx([-1, -1, -1], abs=1e-5)
    assert report.drift[-1] == pytest.approx(4.0, rel=1e-3)
    assert report.max_deviation == math.inf  # the margin ends above where it began
    assert report.predicted_crossing is None
    assert report.true_crossing is None
    assert report.r2 < 0


# --- the path, the crossing, the fit ----------------------------------------------------------------------


def test_path_begins_at_the_original_passes_the_adversarial_image_and_stays_in_the_cube():
    x0, x_adv = images(2)
    points = path(x0, x_adv, (0, 0.5, 1, 3))
    assert torch.equal(points[0], x0)
    torch.testing.assert_close(points[1], (x0 + x_adv) / 2)
    torch.testing.assert_close(points[2], x_adv)
    assert torch.equal(points[3], (x0 + 3 * (x_adv - x0)).clamp(0, 1))
    assert points[3].max() == 1


@pytest.mark.parametrize(
    ("margin", "crossing"),
    [
        ((3, 1, -1), 1.5),
        ((3, 1, 0.5), None),
        ((3, 0, 1), 1.0),
        ((3, -1, 5), 0.75),
        ((0, 1, 2), 0.0),
        ((-1, 1, 2), 0.0),
        ((1, 2, 0), 2.0),
    ],
)
def test_first_crossing(margin, crossing):
    assert first_crossing((0.0, 1.0, 2.0), margin) == crossing


def test_fit_by_hand():
    def fitted(true, linear, t=(0, 1, 2)):
        return fit(*(torch.tensor(values, dtype=torch.float64) for values in (t, true, linear)))

    assert fitted((3, 2, 1), (3, 2, 1)) == (1.0, 0.0)
    assert fitted((3, 2, 1), (3, 2, 2)) == (0.5, 0.5)
    assert fitted((3, 2, 1), (3, 0, -3))[0] == 1 - 12
    assert fitted((1, 2, 3), (1, 2, 3)) == (1.0, math.inf)
    assert fitted((1, 1, 1), (1, 1, 1)) == (1.0, math.inf)
    assert fitted((1, 1, 1), (1, 2, 1)) == (0.0, math.inf)
    # A point more on a straight piece changes nothing.
    assert fitted((2, 1.5, 1, 0), (2, 2, 2, 2), (0, 0.5, 1, 2))[1] == 1.0


def test_grids_hold_the_original_and_the_adversarial_image_and_go_beyond():
    for grid in (FINE, COARSE):
        assert grid[0] == 0
        assert 1.0 in grid
        assert grid[-1] == 1.5
        assert list(grid) == sorted(set(grid))


# --- a curved network -------------------------------------------------------------------------------------


def test_true_margins_and_probabilities_are_the_models():
    model, x0, x_adv = cnn_pair()
    y = int(model(x0[None]).argmax())
    report = measure_linearity(model, x0, x_adv, y, 4)
    with torch.no_grad():
        z = model(torch.stack([(x0 + v * (x_adv - x0)).clamp(0, 1) for v in report.t]))
    torch.testing.assert_close(torch.tensor(report.true_margin), z[:, y] - z[:, 4], rtol=0, atol=1e-5)
    torch.testing.assert_close(report.probabilities, z.softmax(1), rtol=0, atol=1e-6)
    assert report.true_margin[0] == pytest.approx(report.linear_margin[0], abs=1e-6)
    assert 0 < report.max_deviation < math.inf
    assert report.r2 < 1


def test_the_line_is_the_tangent():
    """At a hundredth of the way the prediction is off by far less than what the margin has moved."""
    model, x0, x_adv = cnn_pair()
    report = measure_linearity(model, x0, x_adv, 0, 4, t=(0, 0.01, 1))
    moved = abs(report.true_margin[1] - report.true_margin[0])
    assert abs(report.true_margin[1] - report.linear_margin[1]) < 0.05 * moved


def test_drift_is_computed_from_gradients_on_the_path():
    model, x0, x_adv = cnn_pair()
    report = measure_linearity(model, x0, x_adv, 0, 4)

    def gradient(x):
        leaf = x[None].clone().requires_grad_()
        z = model(leaf)
        return torch.autograd.grad(z[0, 0] - z[0, 4], leaf)[0]

    g0 = gradient(x0)
    for k, v in enumerate(DRIFT_T):
        g = gradient((x0 + v * (x_adv - x0)).clamp(0, 1))
        assert report.drift[k] == pytest.approx(float((g - g0).norm() / g0.norm()), rel=1e-3)
        cosine = float((g * g0).sum() / g.norm() / g0.norm())
        assert report.cosine[k] == pytest.approx(cosine, abs=1e-4)
    assert report.drift[0] < report.drift[-1]


@pytest.mark.parametrize("where", ["noise", "corners"])
def test_random_steps_are_as_long_as_the_adversarial_ones(where):
    """Also where half of the pixels are black or white already and cannot move that way."""
    x0 = images(1)[0] if where == "noise" else images(1)[0].round()
    x_adv = (x0 + 8 / 255 * torch.where(x0 > 0.5, -1.0, 1.0)).clamp(0, 1)
    seen = []

    def model(x):
        seen.append(x.detach())
        return torch.stack((x.flatten(1).pow(2).sum(1), x.flatten(1).sum(1)), dim=1)

    measure_linearity(model, x0, x_adv, 0, 1)
    (steps,) = ((x - x0).flatten(1) for x in seen if len(x) == 2 * len(DRIFT_T))
    lengths = steps.norm(dim=1)
    torch.testing.assert_close(lengths[5:], lengths[:5], rtol=1e-3, atol=1e-6)
    assert steps.add(x0.flatten()).min() >= -1e-6
    assert steps.add(x0.flatten()).max() <= 1 + 1e-6
    along = nn.functional.cosine_similarity(steps[4:5], steps[9:10])
    assert abs(float(along)) < 0.95  # random is not adversarial
    assert not torch.equal(steps[5:], steps[:5])


def test_measuring_is_repeatable_and_leaves_the_random_state_alone():
    model, x0, x_adv = cnn_pair()
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = measure_linearity(model, x0, x_adv, 0, 4)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert measure_linearity(model, x0, x_adv, 0, 4).random_drift == first.random_drift


def test_cost_is_what_the_docstring_says():
    network, x0, x_adv = cnn_pair()
    model = Counted(network)
    measure_linearity(model, x0, x_adv, 0, 4, t=(0, 0.5, 1))
    assert (model.forwards, model.backwards) == (3 + 11 + FORWARD, 11 + BACKWARD)


def test_constant_model_gives_finite_numbers():
    _, x0, x_adv = cnn_pair()
    report = measure_linearity(Constant([1.0, 0.0]), x0, x_adv, 0, 1)
    assert set(report.true_margin) == set(report.linear_margin) == {1.0}
    assert (report.r2, report.max_deviation) == (1.0, math.inf)
    assert (report.predicted_crossing, report.true_crossing) == (None, None)
    assert set(report.drift) == set(report.cosine) == {0.0}


def test_training_mode_is_left_for_the_measurement_and_restored():
    network, x0, x_adv = cnn_pair()
    model = nn.Sequential(network, nn.BatchNorm1d(12), nn.Dropout(0.5)).train()
    report = measure_linearity(model, x0, x_adv, 0, 4)
    assert all(m.training for m in model.modules())
    assert int(model[1].num_batches_tracked) == 0
    assert report.true_margin == measure_linearity(model.eval(), x0, x_adv, 0, 4).true_margin


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_callers_gradient_mode_does_not_matter(mode):
    model, x0, x_adv = cnn_pair()
    expected = measure_linearity(model, x0, x_adv, 0, 4)
    with mode():
        report = measure_linearity(model, x0.clone(), x_adv.clone(), 0, 4)
    assert (report.linear_margin, report.drift) == (expected.linear_margin, expected.drift)


def test_images_in_a_graph_are_fine():
    model, x0, x_adv = cnn_pair()
    report = measure_linearity(model, x0.clone().requires_grad_(), x_adv.clone().requires_grad_(), 0, 4)
    assert report.drift == measure_linearity(model, x0, x_adv, 0, 4).drift
    assert not report.probabilities.requires_grad


@pytest.mark.parametrize("t", [(), (0,), (0, 0.5), (0.1, 1), (0, 1, 1), (0, 1, 0.5), (-1, 0, 1)])
def test_grids_that_do_not_rise_from_0_through_1_are_refused(t):
    model, x0, x_adv = cnn_pair()
    with pytest.raises(BadConfig, match="t must rise from 0 and contain 1"):
        measure_linearity(model, x0, x_adv, 0, 4, t=t)


@pytest.mark.parametrize(("y", "target"), [(0, 0), (-1, 2), (0, 12), (12, 0)])
def test_classes_that_do_not_exist_or_are_one_are_refused(y, target):
    model, x0, x_adv = cnn_pair()
    with pytest.raises(BadConfig, match="two classes from 0 to 11"):
        measure_linearity(model, x0, x_adv, y, target)


def test_shapes_that_do_not_fit_are_refused():
    model, x0, x_adv = cnn_pair()
    for a, b in ((x0, x_adv[:, :4]), (x0[None], x_adv[None]), (x0[0], x_adv[0])):
        with pytest.raises(BadImage, match=r"must be \(C, H, W\) of one shape"):
            measure_linearity(model, a, b, 0, 4)
