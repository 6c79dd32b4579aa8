"""The meter of the benchmarks, on a clock that only the network and the test move."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from benchmarks import floor
from benchmarks.floor import Meter, Metered
from malt_core import malt
from malt_core.attacks.autoattack import apgd_t
from malt_core.harness.counting import CountingModel
from malt_core.numerics.gradients import Passes
from malt_core.trust.soundness import BACKWARD, FORWARD
from tests.helpers.analytic import images, smooth_cnn


class Clock:
    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now


class Slow(nn.Module):
    """A pass forward takes 1 s and 2 s an image; the gradient 4 s and 3 s an image."""

    def __init__(self, clock):
        super().__init__()
        self.clock, self.calls = clock, 0

    def _backward(self, gradient):
        self.clock.now += 4 + 3 * len(gradient)

    def forward(self, x):
        self.calls += 1
        self.clock.now += 1 + 2 * len(x)
        z = x.flatten(1)[:, :3] * 2
        if z.requires_grad:
            z.register_hook(self._backward)
        return z


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(floor, "time", clock)
    return clock


def step(model, x):
    leaf = x.clone().requires_grad_()
    torch.autograd.grad(model(leaf).sum(), leaf)


def test_time_and_floor_of_an_attack_that_only_makes_passes_are_the_same(clock):
    x = images(8)
    meter = Meter(x[:3])
    slow = Slow(clock)
    model = Metered(slow, meter)
    meter.start()
    for rows in (8, 8, 2, 8, 5, 8):
        step(model, x[:rows])
    with torch.no_grad():
        model(x[:4])
    seconds = meter.stop()
    expected = sum((1 + 2 * n) + (4 + 3 * n) for n in (8, 8, 2, 8, 5, 8)) + (1 + 2 * 4)
    assert seconds == pytest.approx(expected)
    assert slow.calls > 7  # what the floor was measured with, off the clock
    assert meter.floor() == pytest.approx(expected, rel=0.1)  # 2 and 5 images are not all measured


def test_what_an_attack_does_besides_is_overhead(clock):
    x = images(4)
    meter = Meter(x)
    model = Metered(Slow(clock), meter)
    meter.start()
    for _ in range(10):
        step(model, x)
        clock.now += 6
    assert meter.stop() == pytest.approx(10 * (9 + 16 + 6))
    assert meter.floor() == pytest.approx(10 * (9 + 16))


def test_the_floor_drifts_with_the_machine(clock):
    x = images(4)
    meter = Meter(x)
    slow = Slow(clock)
    model = Metered(slow, meter)
    meter.start()
    for i in range(400):
        before = clock.now
        step(model, x)
        if i >= 200:
            clock.now += 2 * (clock.now - before)
    seconds = meter.stop()
    assert seconds > 1.5 * meter.floor()  # this slowdown is the attack's, not the network's

    meter = Meter(x)
    model = Metered(slow, meter)
    meter.start()
    for i in range(400):
        if i == 200:
            slow.clock = Threefold(clock)
        step(model, x)
    seconds = meter.stop()
    assert seconds == pytest.approx(200 * 25 * (1 + 3))
    assert meter.floor() == pytest.approx(seconds, rel=0.05)  # and this the machine's


class Threefold:
    """A clock that runs three times as fast."""

    def __init__(self, clock):
        self.clock = clock

    @property
    def now(self):
        return self.clock.now

    @now.setter
    def now(self, value):
        self.clock.now += 3 * (value - self.clock.now)


def test_measuring_takes_a_tenth_and_none_of_it_is_on_the_clock(clock):
    x = images(4)
    meter = Meter(x)
    slow = Slow(clock)
    model = Metered(slow, meter)
    started = clock.now
    meter.start()
    for _ in range(500):
        step(model, x)
    seconds = meter.stop()
    assert seconds == pytest.approx(500 * 25)
    assert 1.05 < (clock.now - started) / seconds < 1.15


def test_undisturbed_work_is_timed_but_not_interrupted(clock):
    x = images(4)
    meter = Meter(x)
    slow = Slow(clock)
    model = Metered(slow, meter)
    meter.start()
    with meter.undisturbed():
        for rows in (1, 4):
            step(model, x[:rows])
            with torch.no_grad():
                model(x[:rows])
        assert slow.calls == 4
    seconds = meter.stop()
    assert seconds == pytest.approx((3 + 7) + 3 + (9 + 16) + 9)
    assert meter.floor() > 0  # both kinds were measured in the end
    assert slow.calls == 6


def test_kinds_of_passes_are_told_apart():
    x = images(4)
    meter = Meter(x)
    model = Metered(smooth_cnn(), meter)
    meter.start()
    model(x)
    step(model, x)
    step(model, x.contiguous(memory_format=torch.channels_last))
    with torch.autocast("cpu", torch.bfloat16):
        model(x)
    meter.stop()
    assert len(meter.samples) == 4
    assert {kind.bfloat16 for kind in meter.samples} == {False, True}
    assert sum(meter.forwards.values()) == 4
    assert sum(meter.backwards.values()) == 2


def rows_of(counter):
    return sum(rows * n for (_, rows), n in counter.items())


@pytest.mark.parametrize("targeting", ["malt", "naive"])
def test_every_pass_that_malt_reports_was_seen(targeting):
    x = images(6)
    meter = Meter(x)
    model = Metered(smooth_cnn(), meter)
    meter.start()
    result = malt(model, x, eps=1 / 255, n_iter=4, targeting=targeting, precision="float32")
    meter.stop()
    assert rows_of(meter.forwards) == result.n_forward + FORWARD
    assert rows_of(meter.backwards) == result.n_backward + BACKWARD
    assert meter.floor() > 0


def test_every_pass_of_somebody_elses_attack_was_seen_and_its_result_is_the_same():
    x, network = images(6), smooth_cnn()
    y = network(x).argmax(1)
    passes, meter = Passes(), Meter(x)
    model = CountingModel(Metered(network, meter), passes)
    meter.start()
    found = apgd_t(model, x, y, eps=1 / 255, n_iter=4)
    meter.stop()
    assert torch.equal(found, apgd_t(network, x, y, eps=1 / 255, n_iter=4))
    assert (rows_of(meter.forwards), rows_of(meter.backwards)) == (passes.forward, passes.backward)


def test_a_copy_of_the_network_is_counted_too():
    x = images(2)
    meter = Meter(x)
    model = Metered(smooth_cnn(), meter)
    copy = deepcopy(model)
    meter.start()
    step(model, x)
    step(copy, x)
    meter.stop()
    assert copy.model is not model.model
    assert sum(meter.backwards.values()) == 2
    assert len(meter.samples) == 2


def test_the_tick_hears_of_every_call():
    heard = []
    x = images(2)
    model = Metered(smooth_cnn(), Meter(x, heard.append))
    step(model, x)
    model(x)
    assert heard == [True, False]
