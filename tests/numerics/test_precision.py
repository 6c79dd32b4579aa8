"""When attack steps are computed in bfloat16: measured once, and only where it is worth it and right."""

import pytest
import torch
from torch import nn

from malt_core import malt
from malt_core.numerics import precision
from malt_core.numerics.gradients import Passes
from malt_core.numerics.precision import ROUNDS, prefers_bfloat16
from tests.helpers.analytic import Counted, images, smooth_cnn


class Stopwatch:
    """Stands in for the measurement: says how long each precision takes and which classes it sees."""

    def __init__(self, full: float, half: float, wrong: int = 0) -> None:
        self.full, self.half, self.wrong = full, half, wrong
        self.calls = 0

    def __call__(self, _model, x, bfloat16):
        self.calls += 1
        seen = torch.zeros(len(x), dtype=torch.long)
        seen[: self.wrong if bfloat16 else 0] = 1
        return (self.half if bfloat16 else self.full), seen


@pytest.mark.parametrize(
    ("watch", "preferred"),
    [
        (Stopwatch(full=1.0, half=0.5), True),
        (Stopwatch(full=1.0, half=0.9), False),
        (Stopwatch(full=1.0, half=2.0), False),
        (Stopwatch(full=1.0, half=0.5, wrong=1), True),
        (Stopwatch(full=1.0, half=0.5, wrong=2), False),
    ],
)
def test_it_must_be_clearly_faster_and_see_the_same_classes(monkeypatch, watch, preferred):
    monkeypatch.setattr(precision, "_seconds", watch)
    assert prefers_bfloat16(smooth_cnn(), images(20), Passes()) is preferred


def test_it_is_measured_once_for_each_network_and_image_shape(monkeypatch):
    watch = Stopwatch(full=1.0, half=0.5)
    monkeypatch.setattr(precision, "_seconds", watch)
    model, passes = smooth_cnn(), Passes()
    assert prefers_bfloat16(model, images(4), passes)
    watch.half = 2.0  # whatever a second measurement would say
    assert prefers_bfloat16(model, images(7), passes)
    assert watch.calls == 2 * ROUNDS
    assert not prefers_bfloat16(model, images(4, shape=(3, 9, 9)), passes)
    assert not prefers_bfloat16(smooth_cnn(), images(4), passes)
    assert watch.calls == 6 * ROUNDS


def test_functions_and_float64_are_not_even_measured(monkeypatch):
    monkeypatch.setattr(precision, "_seconds", Stopwatch(full=1.0, half=0.1))
    assert not prefers_bfloat16(lambda x: x.flatten(1), images(2), Passes())
    assert not prefers_bfloat16(smooth_cnn().double(), images(2).double(), Passes())


def test_the_real_measurement_counts_its_passes_and_leaves_no_trace():
    model, x, passes = Counted(smooth_cnn()), images(3), Passes()
    assert prefers_bfloat16(model, x, passes) in (True, False)
    assert (passes.forward, passes.backward) == (model.forwards, model.backwards) == (18, 18)
    assert prefers_bfloat16(model, images(20, shape=(3, 9, 9)), passes) in (True, False)
    assert passes.forward == 18 + 2 * ROUNDS * precision.IMAGES  # a few of them are enough
    assert all(p.grad is None for p in model.parameters())
    assert not torch.is_autocast_enabled("cpu")


def test_networks_that_cannot_do_it_stay_in_float32():
    class NoAutocast(nn.Module):
        def forward(self, x):
            if torch.is_autocast_enabled("cpu"):
                raise RuntimeError("not implemented for 'BFloat16'")
            return x.flatten(1)

    assert not prefers_bfloat16(NoAutocast(), images(2), Passes())


def test_forgotten_networks_are_not_kept_alive():
    known = len(precision._chosen)
    model = smooth_cnn()
    prefers_bfloat16(model, images(2), Passes())
    assert len(precision._chosen) == known + 1
    del model
    assert len(precision._chosen) == known


@pytest.mark.parametrize("error", [TypeError, ValueError, AssertionError, KeyError])
def test_whatever_is_raised_while_trying_float32_is_what_is_left(error):
    class Strict(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = smooth_cnn()

        def forward(self, x):
            z = self.network(x)
            if z.dtype != torch.float32:
                raise error("only float32 here")
            return z

    assert not prefers_bfloat16(Strict(), images(2), Passes())
    assert malt(Strict(), images(2), n_iter=2).precision == "float32"


def test_a_hook_that_keeps_activations_as_numpy_does_not_stop_an_attack():
    model, seen = smooth_cnn(), []
    model[0].register_forward_hook(lambda m, i, o: seen.append(o.detach().numpy()))
    assert malt(model, images(2), n_iter=2).precision == "float32"
