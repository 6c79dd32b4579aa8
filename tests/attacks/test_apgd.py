"""APGD step by step against pyautoattack's, and rows that come and go."""

import logging

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pyautoattack.autopgd_base import APGDAttack_targeted

from malt_core.attacks import apgd
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Passes
from malt_core.numerics.random import row_generator
from tests.helpers.analytic import (
    Constant,
    Counted,
    Linear,
    assert_inside,
    classes,
    grey,
    images,
    smooth_cnn,
    spike,
)

EPS = {"linf": 8 / 255, "l2": 0.25}
THEIR_NORM = {"linf": "Linf", "l2": "L2"}
NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])


def starts(x0, norm, eps, seed=0):
    return norms.random_start(x0, norm, eps, [row_generator(seed, i, 0) for i in range(len(x0))])


def begin(model, x0, norm, n_iter, *, eps=None, rank=2, seed=0):
    """Rows for x0 under the model's own labels, towards the class of the rank-th highest logit."""
    eps = EPS[norm] if eps is None else eps
    with torch.no_grad():
        order = model(x0).argsort(1)
    start = starts(x0, norm, eps, seed)
    image = torch.arange(len(x0))
    return apgd.begin(image, x0, order[:, -1], order[:, -rank], start, eps=eps, n_iter=n_iter)


def walk(model, rows, norm, n_iter, *, eps=None, steps=None):
    """The points and logits that the rows visit, from the start on."""
    eps = EPS[norm] if eps is None else eps
    steps = n_iter + 1 if steps is None else steps
    return [apgd.visit(model, rows, norm=norm, eps=eps, passes=Passes()) for _ in range(steps)]


def autoattack(model, rows, norm, n_iter):
    """The points that pyautoattack visits from the same starts, its best points and their losses."""
    oracle = APGDAttack_targeted(
        None, n_iter=n_iter, norm=THEIR_NORM[norm], eps=EPS[norm], device="cpu", logger=logging.getLogger()
    )
    visited = []

    def recorded(x):
        visited.append(x.detach().clone())
        return model(x)

    oracle.model = recorded
    oracle.init_hyperparam(rows.x0)
    oracle.y_target = rows.target
    with torch.random.fork_rng(devices=[]):
        x_best, _, loss_best, _ = oracle.attack_single_run(rows.x0, rows.y, x_init=rows.x)
    return visited, x_best, loss_best


@pytest.fixture
def _float64():
    """pyautoattack keeps its losses in the default dtype, so comparing in float64 needs that changed."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def compare(model, other, rows, norm, n_iter, tolerance, upto=None):
    """Run both attacks on `rows`, with model and an equal `other`; compare the points up to step `upto`."""
    theirs, x_best, loss_best = autoattack(other, rows, norm, n_iter)
    ours = [x for x, _ in walk(model, rows, norm, n_iter)]
    assert len(ours) == len(theirs) == n_iter + 1
    for k, (a, b) in enumerate(zip(ours[:upto], theirs[:upto], strict=True)):
        assert float((a - b).abs().max()) <= tolerance, f"step {k}"
    if upto is None:
        torch.testing.assert_close(rows.x_best, x_best, rtol=0, atol=tolerance)
        torch.testing.assert_close(rows.loss_best, loss_best)
    assert float((ours[-1] - ours[0]).abs().max()) > 0.5 / 255  # it did go somewhere


@pytest.mark.parametrize("n_iter", [10, 37, 100])
@pytest.mark.parametrize("rank", [2, 5])
def test_every_linf_step_is_autoattacks(n_iter, rank):
    model = smooth_cnn()
    compare(model, model, begin(model, images(6), "linf", n_iter, rank=rank), "linf", n_iter, 1e-6)


@pytest.mark.parametrize("rank", [2, 5])
def test_the_first_l2_steps_are_autoattacks(rank):
    """Norms are summed in another order, and near the optimum the loss magnifies such last bits."""
    model = smooth_cnn()
    compare(model, model, begin(model, images(6), "l2", 37, rank=rank), "l2", 37, 1e-5, upto=10)


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("n_iter", [10, 37, 100])
@pytest.mark.parametrize("rank", [2, 5])
def test_every_l2_step_is_autoattacks_in_float64(n_iter, rank):
    model = smooth_cnn().double()
    compare(model, model, begin(model, images(6).double(), "l2", n_iter, rank=rank), "l2", n_iter, 1e-8)


class Scripted:
    """Logits that wander from call to call whatever the image, so that losses rise and fall in every way."""

    def __init__(self, n_calls: int, n_images: int) -> None:
        generator = torch.Generator().manual_seed(0)
        pace = torch.rand(1, n_images, 1, generator=generator)  # from jitter to long rises
        angle = 8 * pace * torch.arange(n_calls)[:, None, None] ** pace
        self.script = (angle + 6 * torch.rand(1, n_images, 5, generator=generator)).sin().cumsum(0).double()
        self.slope = torch.randn(5, 3 * 8 * 8, generator=generator).double() / 1000
        self.calls = 0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        z = self.script[self.calls] + x.flatten(1) @ self.slope.T
        self.calls += 1
        return z


@NORMS
@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("n_iter", [37, 100])
def test_every_kind_of_checkpoint_is_autoattacks(norm, n_iter):
    x0 = images(48).double()
    y, target = torch.arange(48) % 5, torch.arange(1, 49) % 5
    start = starts(x0, norm, EPS[norm])
    rows = apgd.begin(torch.arange(48), x0, y, target, start, eps=EPS[norm], n_iter=n_iter)
    compare(Scripted(n_iter + 1, 48), Scripted(n_iter + 1, 48), rows, norm, n_iter, 1e-8)
    halvings = (rows.step_size / (2 * EPS[norm])).log2().round().unique()
    assert len(halvings) >= 4  # rows did go through different checkpoints


def test_schedule_is_the_papers():
    schedule = apgd.Schedule(100)
    assert (schedule.first, schedule.shrink, schedule.least) == (22, 3, 6)
    tiny = apgd.Schedule(1)
    assert (tiny.first, tiny.shrink, tiny.least) == (1, 1, 1)


def test_checkpoints_come_at_the_papers_steps():
    model = smooth_cnn()
    rows = begin(model, images(1), "linf", 100)
    due = []
    for step in range(101):
        apgd.visit(model, rows, norm="linf", eps=EPS["linf"], passes=Passes())
        if step and int(rows.since) == 0:
            due.append(step)
    # 22, then windows of 19, 16, 13, 10, 7, 6, 6, ...
    assert due == [22, 41, 57, 70, 80, 87, 93, 99]


@NORMS
@settings(deadline=None, max_examples=15)
@given(
    eps=st.sampled_from([0.5 / 255, 1 / 255, 0.0171, 0.3, 1.0]),
    where=st.sampled_from(["noise", "black", "white", "corners"]),
    seed=st.integers(0, 999),
)
def test_no_visited_point_leaves_the_ball_or_the_unit_cube(norm, eps, where, seed):
    x = images(3, seed=seed)
    x0 = {"noise": x, "black": x * 0, "white": x * 0 + 1, "corners": x.round()}[where]
    model = smooth_cnn()
    rows = begin(model, x0, norm, 12, eps=eps, seed=seed)
    for point, _ in walk(model, rows, norm, 12, eps=eps):
        assert_inside(point, x0, norm, eps)
    assert_inside(rows.x_best, x0, norm, eps)


@NORMS
@pytest.mark.parametrize("n_classes", [2, 3, 4, 12])
def test_on_a_linear_model_the_boundary_is_crossed_exactly_where_it_is(norm, n_classes):
    model, x0 = Linear(n_classes), grey()
    distances = model.distances(norm)
    nearest = 1 + distances.index(min(distances))
    for factor, fooled in ((0.97, False), (1.03, True)):
        eps = factor * min(distances)
        y, target = torch.tensor([0]), torch.tensor([nearest])
        start = starts(x0, norm, eps)
        rows = apgd.begin(y, x0, y, target, start, eps=eps, n_iter=50)
        verdicts = [int(z.argmax(1)) for _, z in walk(model, rows, norm, 50, eps=eps)]
        assert (nearest in verdicts) == fooled
        assert fooled or set(verdicts) == {0}


def test_returned_logits_are_those_of_the_returned_point():
    model = smooth_cnn()
    rows = begin(model, images(3), "linf", 20)
    for x, z in walk(model, rows, "linf", 20):
        with torch.no_grad():
            torch.testing.assert_close(z, model(x))
        assert not x.requires_grad
        assert not z.requires_grad


@NORMS
def test_rows_that_join_and_leave_take_the_same_steps_as_alone(norm):
    """In float64, so that the batch's composition cannot show through rounding."""
    model, x0, n_iter = smooth_cnn().double(), images(4).double(), 30
    alone = [x for x, _ in walk(model, begin(model, x0, norm, n_iter), norm, n_iter)]

    everyone = begin(model, x0, norm, n_iter)
    rows = everyone.select(torch.tensor([0, 1]))
    first = [x for x, _ in walk(model, rows, norm, n_iter, steps=7)]
    rows = rows.select(torch.tensor([False, True])).join(everyone.select(torch.tensor([3, 2])))
    assert rows.image.tolist() == [1, 3, 2]
    second = [x for x, _ in walk(model, rows, norm, n_iter, steps=24)]
    for k, x in enumerate(first):
        torch.testing.assert_close(x, alone[k][:2], rtol=0, atol=1e-9)
    for k, x in enumerate(second):
        torch.testing.assert_close(x[0], alone[7 + k][1], rtol=0, atol=1e-9)
        torch.testing.assert_close(x[1], alone[k][3], rtol=0, atol=1e-9)
        torch.testing.assert_close(x[2], alone[k][2], rtol=0, atol=1e-9)
    assert rows.evaluations.tolist() == [31, 24, 24]


def test_visit_leaves_tensors_that_others_hold_alone():
    """`begin` shares tensors between fields and `select` may too: steps must not write into them."""
    model, x0 = smooth_cnn(), images(2)
    rows = begin(model, x0, "linf", 10)
    start, kept = rows.x, rows.x.clone()
    visited = walk(model, rows, "linf", 10)
    copies = [x.clone() for x, _ in visited]
    walk(model, rows, "linf", 10, steps=3)
    assert torch.equal(start, kept)
    assert torch.equal(x0, images(2))
    assert all(torch.equal(x, copy) for (x, _), copy in zip(visited, copies, strict=True))


def test_one_visit_costs_one_forward_and_one_backward_a_row():
    model, passes = Counted(smooth_cnn()), Passes()
    rows = begin(model, images(3), "linf", 10)
    model.forwards = 0
    for _ in range(4):
        apgd.visit(model, rows, norm="linf", eps=0.1, passes=passes)
    assert (passes.forward, passes.backward) == (model.forwards, model.backwards) == (12, 12)


@NORMS
def test_constant_model_stays_finite_and_at_its_start(norm):
    model, x0 = Constant([3.0, 2.0, 1.0, 0.0, -1.0]), images(2)
    rows = begin(model, x0, norm, 10)
    start = rows.x
    for x, z in walk(model, rows, norm, 10):
        assert_inside(x, x0, norm, EPS[norm])
        torch.testing.assert_close(x, start)
        assert z.argmax(1).tolist() == [0, 0]


@NORMS
def test_nan_gradients_do_not_spoil_the_image(norm):
    network = smooth_cnn()

    def model(x):
        z = network(x)
        return torch.cat((z[:, :1] + spike(x), z[:, 1:]), dim=1)

    x0 = images(12)
    x0 = x0[classes(network, x0) != 0]
    rows = begin(model, x0, norm, 10)
    rows.target = torch.zeros_like(rows.target)
    for x, _ in walk(model, rows, norm, 10):
        assert_inside(x, x0, norm, EPS[norm])


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_row_whose_logits_are_not_finite_changes_nothing_for_the_others(norm):
    network, x0 = smooth_cnn(), images(3)
    x0[1] *= 0.2

    def breaks(x):
        return network(x) * torch.where(x.mean((1, 2, 3)) < 0.3, torch.nan, 1.0)[:, None]

    assert not breaks(x0).isfinite().all(1)[1]
    broken, whole = (walk(m, begin(network, x0, norm, 10), norm, 10) for m in (breaks, network))
    for (x, z), (expected_x, expected_z) in zip(broken, whole, strict=True):
        assert torch.equal(x[[0, 2]], expected_x[[0, 2]])
        assert torch.equal(z[[0, 2]], expected_z[[0, 2]])
        assert x.isfinite().all()


def test_bfloat16_steps_stay_inside_and_hand_out_float32():
    model, x0 = smooth_cnn(), images(4)
    rows = begin(model, x0, "linf", 10)
    exact = begin(model, x0, "linf", 10)
    for _ in range(11):
        x, z = apgd.visit(model, rows, norm="linf", eps=0.1, passes=Passes(), bfloat16=True)
        apgd.visit(model, exact, norm="linf", eps=0.1, passes=Passes())
        assert x.dtype == z.dtype == rows.gradient.dtype == torch.float32
        assert_inside(x, x0, "linf", 0.1)
    assert not torch.equal(rows.loss_best, exact.loss_best)  # it really was another precision


# --- what is not in the paper ------------------------------------------------------------------------------


def informed(model, x0, norm, eps, n_iter=20):
    """Rows towards the likeliest wrong classes that begin along their margins' gradients."""
    with torch.no_grad():
        t, y = model(x0).argsort(1)[:, -2:].unbind(1)
    margin, gradient = gradients.margin_and_gradient(model, x0, y, t, Passes())
    with torch.no_grad():
        loss = losses.targeted_loss(model(x0), y, t)
    known = apgd.Known(margin, gradient, loss)
    return apgd.begin_informed(torch.arange(len(x0)), x0, y, t, known, norm=norm, eps=eps, n_iter=n_iter)


@NORMS
def test_an_informed_row_takes_its_first_step_along_the_gradient_without_a_pass(norm):
    model, x0 = Counted(smooth_cnn()), images(12)
    rows = informed(model, x0, norm, EPS[norm])
    before = model.backwards
    gradient = -rows.gradient
    point, _ = apgd.visit(model, rows, norm=norm, eps=EPS[norm], passes=Passes())
    assert model.backwards == before + len(x0)
    expected = norms.Ball(x0, norm, EPS[norm]).project_(x0 - 2 * EPS[norm] * norms.steepest(gradient, norm))
    torch.testing.assert_close(point, expected)
    assert rows.evaluations.tolist() == [2] * len(x0)  # counted from the image itself
    rest = walk(model, rows, norm, 20, steps=5)
    assert all((rows.loss_best >= -1.0).tolist())
    for x, _ in rest:
        assert_inside(x, x0, norm, EPS[norm])


@NORMS
def test_a_row_is_hopeless_where_a_linear_model_has_no_more_to_give(norm):
    """Its gradient promises all of the way at the image, and nothing at the best point of the ball."""
    model, x0 = Linear(12), grey()
    distances = model.distances(norm)
    for factor, steps in ((0.2, 1), (0.5, 2), (0.9, 2), (1.1, None)):
        eps = factor * distances[0]  # to the likeliest wrong class
        rows, seen = informed(model, x0, norm, eps), []
        for _ in range(4):
            seen.append(bool(rows.hopeless))
            apgd.visit(model, rows, norm=norm, eps=eps, passes=Passes(), watch=True)
        assert seen.index(True) == steps if steps else not any(seen)


def test_a_row_that_still_rises_is_not_hopeless():
    """Until it falls, each row of the network here is promised enough; those that never fall are given up."""
    model, x0 = smooth_cnn(), images(40)
    y, rows = classes(model, x0), informed(model, x0, "linf", 1 / 255, n_iter=100)
    fell, given_up = set(), set()
    for _ in range(60):
        _, z = apgd.visit(model, rows, norm="linf", eps=1 / 255, passes=Passes(), watch=True)
        given_up |= set(rows.hopeless.nonzero()[:, 0].tolist()) - fell
        fell |= set((z.argmax(1) != y).nonzero()[:, 0].tolist())
    assert fell
    assert given_up
    assert not fell & given_up
    assert fell | given_up == set(range(len(x0)))


def test_generators_differ_by_seed_image_and_target_and_repeat():
    def draw(*key):
        return torch.rand(4, generator=row_generator(*key)).tolist()

    keys = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 11, 1), (0, 1, 11), (2**32 - 1, 5, 5)]
    drawn = [draw(*key) for key in keys]
    assert drawn == [draw(*key) for key in keys]
    assert len({tuple(d) for d in drawn}) == len(keys)
