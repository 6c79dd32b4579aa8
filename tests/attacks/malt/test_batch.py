"""MALT on a batch: the verdict on what comes back, and that rows do not depend on each other."""

import gc

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from malt_core import AttackConfig, attack, malt
from malt_core.attacks import apgd
from malt_core.attacks.malt import budget, concurrent_targets
from malt_core.attacks.malt.scheduler import RowScheduler
from malt_core.numerics.gradients import Passes
from malt_core.trust.soundness import BACKWARD, FORWARD
from tests.helpers.analytic import (
    Constant,
    Counted,
    LiesToAttacks,
    Linear,
    classes,
    grey,
    images,
    sample,
    smooth_cnn,
    spike,
)
from tests.helpers.attacks import EPS, check_verdicts, fast, same_batch

NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])


# --- the verdict ------------------------------------------------------------------------------------------


@NORMS
@pytest.mark.parametrize("targeting", ["malt", "naive"])
def test_success_is_what_an_independent_judge_says(norm, targeting):
    model, x = smooth_cnn(), images(24)
    y = classes(model, x)
    y[::5] = (y[::5] + 1) % 12
    result = fast(model, x, y, norm=norm, eps=EPS[norm], targeting=targeting)
    check_verdicts(model, x, y, result, norm, EPS[norm])
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
    check_verdicts(model, x, classes(model, x), result, norm, eps)


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
    check_verdicts(model, x, classes(model, x), result, "linf", 1 / 255)


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
    assert (result.n_backward, model.backwards) == (0, BACKWARD)
    assert torch.equal(result.adversarial, x)


def test_counts_are_what_went_through_the_model():
    for precision in ("float32", "bfloat16"):
        model = Counted(smooth_cnn())
        result = fast(model, images(10), precision=precision, eps=2.5 / 255)
        assert (result.n_forward + FORWARD, result.n_backward + BACKWARD) == (
            model.forwards,
            model.backwards,
        )
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


@pytest.mark.parametrize("faithful", [True, False])
def test_a_batch_of_one_goes_the_way_of_the_single_attack(faithful, monkeypatch):
    monkeypatch.setattr(concurrent_targets, "COPIES", 1)
    model, x, later = smooth_cnn(), images(8), 0
    common = {"eps": 2.5 / 255, "n_iter": 12, "n_targets": 3, "targeting": "naive", "faithful": faithful}
    for image in x:
        batch = malt(model, image[None], **common, batch_size=1, precision="float32")
        *_, finished = attack(model, sample(image), AttackConfig(**common, eight_bit=False))
        assert batch.success.tolist() == [finished.result.success]
        # Naive targeting needs no Jacobian here, nor the gradients that the single attack's curves are of.
        attempts, steps = finished.result.attempts, finished.result.trace
        curves = len({attempt.target for attempt in attempts})
        assert batch.n_backward == len(steps) == finished.result.n_backward - 11 - curves
        if finished.result.success:
            assert torch.equal(batch.adversarial[0], finished.result.adversarial)
            assert batch.target.tolist() == [finished.result.target.index]
            later += finished.result.target.rank > 1
    assert later > 0


@pytest.mark.parametrize("batch_size", [1, 4, 7, 64])
def test_second_targets_in_free_places_do_not_change_who_is_fooled(batch_size):
    model, x = smooth_cnn().double(), images(16)
    common = {"eps": 2.5 / 255, "n_targets": 4, "n_iter": 20, "targeting": "naive", "faithful": False}
    expected = fast(model, x, **common, batch_size=1)
    result = fast(model, x, **common, batch_size=batch_size)
    assert torch.equal(result.success, expected.success)
    assert expected.success.any()
    assert not expected.success.all()


class FallsAtLast(nn.Module):
    """Right 15 times that a gradient is taken, wrong whatever the image from then on."""

    def __init__(self) -> None:
        super().__init__()
        self.visits = 0

    def forward(self, x):
        self.visits += x.requires_grad
        s = 1e-3 * x.flatten(1).sum(1)
        z = torch.stack((5 - s, s, 2 * s, 3 * s), dim=1)
        return z.flip(1) if self.visits > 15 else z


def test_of_two_targets_that_fool_at_once_the_earlier_one_counts(monkeypatch):
    monkeypatch.setattr(apgd, "SETTLED", 100)  # none is given up
    x, y, passes = images(1), torch.tensor([0]), Passes()
    how = {"batch_size": 64, "first": 0, "bfloat16": False, "passes": passes}
    z = torch.tensor([[5.0, 0, 0, 0]])
    search = RowScheduler(FallsAtLast(), x, y, z, torch.ones(1), AttackConfig(), frugal=True, **how)
    search.run({0: budget.published([3, 2, 1], 30)})
    assert search.target.tolist() == [3]
    assert passes.backward == 1 + 15 * 3  # the other two joined in the free places


def test_with_the_published_budget_one_target_follows_the_other_whoever_else_is_attacked():
    result = fast(FallsAtLast(), images(1), n_iter=30, targeting="naive")  # it is tried out once before
    assert (result.target.tolist(), result.n_backward) == ([3], 15)
    model, x = smooth_cnn().double(), images(16)
    common = {"eps": 2.5 / 255, "n_targets": 4, "n_iter": 30, "targeting": "naive"}
    alone = fast(model, x, **common, batch_size=1)
    for batch_size in (5, 64):
        result = fast(model, x, **common, batch_size=batch_size)
        assert torch.equal(result.target, alone.target)
        assert torch.equal(result.backward_of, alone.backward_of)
    assert (alone.confidence_rank > 1).any()


def test_every_target_of_an_unfooled_image_gets_all_its_steps():
    for batch_size in (1, 2, 50):
        model = Counted(smooth_cnn())
        x = images(3)
        result = fast(model, x, eps=0.1 / 255, n_targets=5, n_iter=25, batch_size=batch_size)
        assert not result.success.any()
        assert result.n_backward == 3 * (11 + 5 * 26)


def test_same_seed_same_result_and_another_seed_another():
    model, x = smooth_cnn(), images(8)
    assert same_batch(fast(model, x), fast(model, x))
    assert not same_batch(fast(model, x), fast(model, x, seed=1))


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
    assert same_batch(fast(model, x), first)
    assert torch.equal(torch.get_rng_state(), before)


def large_tensors(nbytes: int) -> set[int]:
    """Where all tensors of at least that size lie."""
    every = [thing for thing in gc.get_objects() if type(thing) is torch.Tensor]
    storages = (tensor.untyped_storage() for tensor in every)
    return {storage.data_ptr() for storage in storages if storage.nbytes() >= nbytes}


@pytest.mark.parametrize("faithful", [True, False])
@pytest.mark.slow
def test_however_many_images_only_the_result_is_held_besides_them(faithful):
    """Everything else is of the size of a batch."""
    x, more = images(24), []
    before = large_tensors(x.nbytes)

    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = smooth_cnn().to(memory_format=torch.channels_last)

        def forward(self, part):
            more.append(large_tensors(x.nbytes) - before)
            return self.network(part)

    result = fast(Watched(), x, batch_size=8, n_iter=4, n_targets=2, faithful=faithful)
    assert result.success.any()
    assert max(map(len, more)) == 1
