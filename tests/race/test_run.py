"""The race: every lane's verdicts, costs and stages, whoever else computes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import nn

from malt_core import malt
from malt_core.attacks import autoattack
from malt_core.attacks.catalogue import AttackId
from malt_core.errors import BadConfig
from malt_core.harness.counting import CountingModel
from malt_core.numerics.gradients import Passes
from malt_core.numerics.norms import eight_bit_image
from malt_core.race import referee
from malt_core.race import run as race
from malt_core.race.types import THIRD_LANES, Fell, LaneDone, LineUp, Progress, RaceConfig
from tests.harness.test_stepwise import stepwise_threads
from tests.helpers.analytic import Constant, Linear, assert_inside, classes, images, smooth_cnn
from tests.helpers.short_ensemble import short_ensemble

__all__ = ["short_ensemble"]  # a fixture

pytestmark = [pytest.mark.usefixtures("short_ensemble"), pytest.mark.slow]

LANES: tuple[AttackId, ...] = ("malt", "autoattack", *THIRD_LANES)
CONFIG = RaceConfig(eps=3 / 255)  # three of the five images that stand fall to the strong attacks


@pytest.fixture
def model() -> nn.Module:
    return smooth_cnn().eval()


@pytest.fixture
def x() -> torch.Tensor:
    return images(6)


@pytest.fixture
def lined_up(model: nn.Module, x: torch.Tensor) -> LineUp:
    """Five images to attack, and one that no lane may touch."""
    return replace(race.line_up(model, x), invalid=(5,))


class Recorded:
    """A lane to iterate over once; the images that it returns stay."""

    def __init__(self, *args: object) -> None:
        self._lane = race.run_lane(*args)

    def __iter__(self) -> Iterator[Progress | Fell | LaneDone]:
        self.adversarial = yield from self._lane


def run(*args: object) -> tuple[list, torch.Tensor]:
    """All events of a lane, and the images that it returns."""
    lane = Recorded(*args)
    return list(lane), lane.adversarial


def falls(events: list) -> dict[int, Fell]:
    return {event.image: event for event in events if isinstance(event, Fell)}


def same(a: tuple[list, torch.Tensor], b: tuple[list, torch.Tensor]) -> bool:
    """Equal in everything but the time."""

    def facts(events: list) -> list[tuple]:
        fell = [(e.image, e.stage, e.into, e.survives_png, e.n_forward) for e in falls(events).values()]
        return [*fell, (events[-1].n_forward, events[-1].n_backward, events[-1].ranks)]

    return facts(a[0]) == facts(b[0]) and torch.equal(a[1], b[1])


def test_the_line_up(model: nn.Module, x: torch.Tensor, lined_up: LineUp) -> None:
    said = classes(model, x).tolist()
    assert lined_up.answers == tuple(said)
    assert lined_up.confidences == pytest.approx(model(x).softmax(1).amax(1).tolist())
    assert lined_up.standing == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("lane", LANES)
def test_every_verdict_is_true(lane: AttackId, norm: str, model, x, lined_up: LineUp) -> None:
    config = CONFIG if norm == "linf" else RaceConfig(norm="l2", eps=0.15)
    events, adversarial = run(lane, model, x, lined_up, config)
    *before, done = events
    assert isinstance(done, LaneDone)
    assert all(event.lane == lane for event in events)
    assert_inside(adversarial, x, config.norm, config.eps)
    labels = torch.tensor(lined_up.answers)
    fooled = (classes(model, adversarial) != labels).nonzero()[:, 0].tolist()
    fell = falls(before)
    assert sorted(fell) == [i for i in fooled if i != 5], "the one that no lane touches is nobody's success"
    assert done.robust == 5 - len(fell)
    assert torch.equal(adversarial[5], x[5])
    for i, event in fell.items():
        assert event.into == int(classes(model, adversarial[i : i + 1]))
        png = eight_bit_image(adversarial[i : i + 1], x[i : i + 1], config.norm, config.eps)
        assert event.survives_png == (int(classes(model, png)) != lined_up.answers[i])
    assert [event.robust for event in fell.values()] == list(range(4, 4 - len(fell), -1))
    assert 0 < len(fell) < 5


@pytest.mark.parametrize("lane", LANES)
def test_costs_and_stages_only_grow(lane: AttackId, model, x, lined_up, monkeypatch) -> None:
    monkeypatch.setattr(referee, "TURN", 0.0)
    monkeypatch.setattr(race, "N_ITER", 25)
    *events, done = race.run_lane(lane, model, x, lined_up, CONFIG)
    for name in ("seconds", "n_forward", "n_backward"):
        values = [getattr(event, name) for event in [*events, done]]
        assert values == sorted(values)
    told = [event for event in events if isinstance(event, Progress)]
    assert told[0].n_forward == 0
    assert told[-1].n_forward < done.n_forward
    assert all(event.calls <= event.most for event in told if event.stage != "square" and event.most)
    assert {event.stage for event in falls(events).values()} <= {event.stage for event in told}
    assert stepwise_threads() == 0


def test_the_stages_of_each_lane(model, x, lined_up) -> None:
    def stages(lane: AttackId) -> list[str]:
        events = race.run_lane(lane, model, x, lined_up, CONFIG)
        return list(dict.fromkeys(event.stage for event in events if isinstance(event, Progress)))

    assert stages("autoattack") == ["checks", "apgd-ce", "apgd-t", "fab-t", "square"]
    assert stages("malt") == ["clean", "ranking", "targets"]
    assert stages("malt-published") == ["clean", "ranking", "targets"]
    assert stages("naive") == ["clean", "targets"]
    assert [stages(lane) for lane in ("apgd-ce", "pgd", "fgsm")] == [["apgd-ce"], ["pgd"], ["fgsm"]]


def test_how_often_each_stage_calls_the_model_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network that nothing fools, every stage runs to its end."""
    monkeypatch.setattr(referee, "TURN", 0.0)
    still, x = Linear(5), images(2)
    still.bias.data[0] = 1000.0
    events = list(race.run_lane("autoattack", still, x, race.line_up(still, x), CONFIG))
    assert events[-1].robust == 2
    last = {event.stage: event for event in events if isinstance(event, Progress)}
    for stage in ("apgd-ce", "apgd-t", "fab-t"):
        # Counted from 0, and AutoAttack judges once more when a stage has ended.
        assert last[stage].calls == last[stage].most, stage
    assert last["square"].calls == last["square"].most + 3


def test_autoattack_is_unchanged(model, x, lined_up) -> None:
    """Watched, paused and drawing its own numbers it goes the same way as alone."""
    numbers = list(lined_up.standing)
    y = torch.tensor(lined_up.answers)[numbers]
    passes = Passes()
    alone = autoattack.autoattack(CountingModel(model, passes), x[numbers], y, eps=CONFIG.eps, seed=4)
    *events, done = race.run_lane("autoattack", model, x, lined_up, RaceConfig(eps=CONFIG.eps, seed=4))
    # Alone it asks for the number of classes first.
    assert (done.n_forward + 1, done.n_backward) == (passes.forward, passes.backward)
    fooled = (classes(model, alone) != y).nonzero()[:, 0].tolist()
    assert sorted(falls(events)) == [numbers[i] for i in fooled]


def test_malt_is_unchanged(model, x, lined_up, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "prefers_bfloat16", lambda *_: False)
    numbers = list(lined_up.standing)
    result = malt(model, x[numbers], eps=CONFIG.eps, precision="float32")
    *events, done = race.run_lane("malt", model, x, lined_up, CONFIG)
    assert (done.n_forward, done.n_backward) == (result.n_forward, result.n_backward)
    fooled = [n for n, success in zip(numbers, result.success.tolist(), strict=True) if success]
    assert sorted(falls(events)) == sorted(done.ranks) == fooled
    ranks = dict(zip(numbers, result.malt_rank.tolist(), strict=True))
    assert all(done.ranks[image] == ranks[image] for image in fooled)


def disturb(lane: Recorded) -> tuple[list, torch.Tensor]:
    """Run a lane while others draw from the global generator and seed it."""
    stop = threading.Event()

    def meddle() -> None:
        while not stop.wait(0.001):
            torch.rand(1000)

    thread = threading.Thread(target=meddle)
    thread.start()
    events = []
    try:
        for i, event in enumerate(lane):
            events.append(event)
            torch.manual_seed(i)
            torch.rand(i + 1)
    finally:
        stop.set()
        thread.join()
    return events, lane.adversarial


@pytest.mark.parametrize("lane", LANES)
def test_the_result_does_not_depend_on_who_else_computes(lane, model, x, lined_up, monkeypatch) -> None:
    monkeypatch.setattr(race, "N_ITER", 25)
    given = (lane, model, x, lined_up, CONFIG)
    alone = run(*given)
    monkeypatch.setattr(referee, "TURN", 0.0)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        assert same(disturb(Recorded(*given)), alone)
        lanes = Recorded(*given), Recorded(*given)
        both = zip(*zip(*lanes, strict=True), strict=True)
        assert all(same((events, lane.adversarial), alone) for events, lane in zip(both, lanes, strict=True))
    assert stepwise_threads() == 0


@pytest.mark.parametrize("lane", ["malt", "autoattack", "pgd"])
def test_the_callers_mode_is_no_matter(lane: AttackId, model, x) -> None:
    with torch.inference_mode():
        given = x + 0
        events, _ = run(lane, model, given, race.line_up(model, given), CONFIG)
    assert falls(events)


def test_the_seed_matters(model, x, lined_up) -> None:
    ends = [run("autoattack", model, x, lined_up, RaceConfig(eps=CONFIG.eps, seed=seed)) for seed in (0, 1)]
    assert not same(*ends), "so that the comparison above says something"


def test_it_leaves_the_global_generator_alone(model, x, lined_up) -> None:
    before = torch.random.get_rng_state()
    for _ in race.run_lane("autoattack", model, x, lined_up, CONFIG):
        assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("lane", LANES)
def test_closing_ends_the_work_at_once(lane: AttackId, model, x, lined_up, monkeypatch) -> None:
    monkeypatch.setattr(referee, "TURN", 0.0)
    counted = CountingModel(model.train(), Passes())
    events = race.run_lane(lane, counted, x, lined_up, CONFIG)
    next(events)
    if lane != "fgsm":
        next(events)
    events.close()
    done = counted.passes.forward
    assert stepwise_threads() == 0
    assert counted.passes.forward == done
    assert model.training, "the model is as it was"
    model.eval()


def test_nothing_to_attack_costs_nothing(model, x) -> None:
    lined_up = replace(race.line_up(model, x), invalid=tuple(range(6)))
    assert lined_up.standing == ()
    (done,), adversarial = run("autoattack", model, x, lined_up, CONFIG)
    assert (done.n_forward, done.robust, done.seconds) == (0, 0, 0.0)
    assert torch.equal(adversarial, x)


def test_one_image_is_a_race(model, x) -> None:
    lined_up = race.line_up(model, x[1:2])
    for lane in LANES:
        *events, done = race.run_lane(lane, model, x[1:2], lined_up, CONFIG)
        assert len(falls(events)) == 1 - done.robust


def test_autoattack_says_when_there_are_too_few_classes() -> None:
    three, x = Constant([1.0, 0.0, 0.5]), images(1)
    with pytest.raises(BadConfig, match="at least 4 classes"):
        list(race.run_lane("autoattack", three, x, race.line_up(three, x), CONFIG))
    assert stepwise_threads() == 0


@pytest.mark.parametrize("config", [{"eps": 0.0}, {"eps": 2.0}, {"seed": -1}])
def test_settings_out_of_range_are_explained(config: dict) -> None:
    with pytest.raises(BadConfig):
        RaceConfig(**config)
