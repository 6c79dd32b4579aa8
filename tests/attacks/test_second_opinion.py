"""The second opinion: an attack without gradients, one without bounds, and what both say of the first one."""

from __future__ import annotations

import pytest
import torch

from malt_core import AttackConfig, attack, malt
from malt_core.attacks import second_opinion
from malt_core.attacks.second_opinion import BOX_STEPS, QUERIES, ask
from malt_core.attacks.types import Asking, Finished
from malt_core.numerics.gradients import Passes
from malt_core.numerics.losses import shared_logits
from malt_core.trust.opinion import SecondOpinion, together
from tests.helpers.analytic import (
    Constant,
    Counted,
    InSteps,
    assert_inside,
    classes,
    grey,
    images,
    sample,
    smooth_cnn,
)

FEW = 40  # queries
EPS = {"linf": 12 / 255, "l2": 0.6}


@pytest.fixture
def few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "QUERIES", FEW)
    monkeypatch.setattr(second_opinion, "IMAGES", 2)


def ask_about(model, x, norm: str = "linf", **how) -> tuple:
    passes = Passes()
    how = {"eps": EPS[norm], "seed": 0, "queries": FEW} | how
    return ask(model, x, classes(model, x), norm=norm, passes=passes, **how), passes


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_square_fools_where_there_is_no_gradient(norm: str) -> None:
    model = InSteps(smooth_cnn())
    counted, x = Counted(model), images(4)
    y = classes(model, x)
    before = torch.random.get_rng_state()
    opinion, passes = ask_about(counted, x, norm)
    assert torch.equal(torch.random.get_rng_state(), before)
    record = opinion.record
    assert opinion.fooled.any(), "the network is fooled without its gradient"
    assert torch.equal(opinion.fooled, classes(model, opinion.adversarial) != y)
    assert_inside(opinion.adversarial, x, norm, EPS[norm])
    assert torch.equal(opinion.adversarial[~opinion.fooled], x[~opinion.fooled])
    assert record.images == (0, 1, 2, 3)
    assert record.fooled == tuple(opinion.fooled.nonzero()[:, 0].tolist())
    assert record.unbounded_failed, "without a gradient, no bound helps"
    assert [flag.code for flag in opinion.flags] == ["black-box-wins", "unbounded-fails"]
    assert opinion.flags[0].images == record.fooled
    assert f"fooled {len(record.fooled)} of 4 images" in opinion.flags[0].message
    labels = 4  # what `classes` above has asked for
    assert counted.forwards - labels == passes.forward == record.n_forward == int(opinion.forward_of.sum())
    assert counted.backwards == passes.backward == record.n_backward == int(opinion.backward_of.sum())
    assert int(opinion.forward_of.max()) <= FEW + len(BOX_STEPS) + 1
    again, _ = ask_about(model, x, norm)
    assert torch.equal(again.adversarial, opinion.adversarial), "its random numbers are its own"
    other, _ = ask_about(model, x, norm, seed=1)
    assert not torch.equal(other.adversarial, opinion.adversarial)


def test_a_plain_network_raises_nothing() -> None:
    network, x = smooth_cnn(), images(4)

    def model(x: torch.Tensor) -> torch.Tensor:
        assert len(x), "not every network takes a batch of none"
        return network(x)

    opinion, _ = ask_about(model, x, eps=1e-4)
    assert opinion.record.fooled == opinion.record.unbounded_failed == opinion.flags == ()
    assert int(opinion.backward_of.max()) < 6, "with ε = 1 a few steps fool it"


def test_what_never_changes_cannot_be_fooled_by_anything() -> None:
    opinion, _ = ask_about(Constant([1.0, 0.0, 0.5]), images(2))
    assert opinion.record.unbounded_failed == (0, 1)
    assert [flag.code for flag in opinion.flags] == ["unbounded-fails"]


def test_classes_that_share_a_logit_are_no_success() -> None:
    fine = smooth_cnn(4)

    def twice(x: torch.Tensor) -> torch.Tensor:
        return fine(x).repeat_interleave(2, dim=1)

    x = images(2)
    shared = shared_logits(twice(x).detach())
    opinion, passes = ask_about(twice, x, shared=shared, eps=1e-4)
    assert not opinion.fooled.any()
    assert passes.forward > 2 * FEW, "it did not stop at once for a margin of 0"


@pytest.mark.parametrize("side", [3, 5])
def test_small_images_in_an_l2_ball(side: int) -> None:
    x = grey(shape=(1, side, side))

    def model(x: torch.Tensor) -> torch.Tensor:
        s = (x - grey(shape=(1, side, side))).flatten(1)[:, :1].round(decimals=2)
        return torch.cat((0.02 - s, s), dim=1)

    opinion, _ = ask_about(model, x, "l2")
    assert_inside(opinion.adversarial, x, "l2", EPS["l2"])
    assert opinion.fooled.all()


@pytest.mark.usefixtures("few_queries")
def test_malt_asks_on_request_and_about_the_first_left_only() -> None:
    model, x = InSteps(smooth_cnn()), images(5)
    plain = malt(model, x, eps=EPS["linf"], precision="float32", check=False)
    left = (plain.target < 0).nonzero()[:, 0].tolist()
    assert len(left) > 2
    assert plain.flags, "a gradient of zero is seen"
    assert plain.second_opinion.images == tuple(left[:2]), "so it is asked for by itself"
    found = malt(model, x, eps=EPS["linf"], precision="float32", check=True)
    opinion = found.second_opinion
    assert isinstance(opinion, SecondOpinion)
    assert (opinion.queries, opinion.images) == (FEW, tuple(left[:2]))
    assert opinion.fooled
    assert found.flags[0].code == "black-box-wins", "that is said first"
    assert found.flags[0].images == opinion.fooled
    fooled = torch.tensor(opinion.fooled)
    assert found.success[fooled].all()
    assert (found.target[fooled] == -1).all()
    assert (classes(model, found.adversarial) != classes(model, x)).equal(found.success)
    assert found.n_forward == int(found.forward_of.sum())


@pytest.mark.usefixtures("few_queries")
def test_without_a_flag_malt_costs_nothing_more() -> None:
    model, x = smooth_cnn(), images(5)
    found = malt(model, x, eps=1 / 255, precision="float32")
    assert not found.success.all()
    assert (found.flags, found.second_opinion) == ((), None)
    checked = malt(model, x, eps=1 / 255, precision="float32", check=True)
    opinion = checked.second_opinion
    assert checked.n_forward == found.n_forward + opinion.n_forward
    assert torch.equal(checked.success, found.success)


@pytest.mark.usefixtures("few_queries")
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_one_image_is_checked_step_by_step(norm: str) -> None:
    model, x = InSteps(smooth_cnn()), images(2)
    config = AttackConfig(norm=norm, eps=EPS[norm], check=True)
    won = set()
    for image in x:
        *events, finished = attack(model, sample(image), config)
        assert isinstance(finished, Finished)
        result = finished.result
        if result.second_opinion is None:
            continue
        assert all(event.done <= event.total for event in events if isinstance(event, Asking))
        won.add(result.success)
        if result.success:
            assert result.second_opinion.fooled == (0,)
            assert result.flags[0].code == "black-box-wins"
            assert result.steps == 0
            assert int(classes(model, result.adversarial[None])) == result.adversarial_index != result.label
            assert_inside(result.adversarial[None], image[None], norm, EPS[norm])
    assert True in won


def test_closing_ends_the_second_opinion() -> None:
    model = Counted(smooth_cnn())
    events = attack(model, sample(images(1)[0]), AttackConfig(eps=1e-4, check=True))
    for event in events:
        assert not isinstance(event, Finished), "it takes longer than a turn"
        if isinstance(event, Asking):
            break
    events.close()
    asked = model.forwards
    assert asked < QUERIES
    assert model.forwards == asked


def test_opinions_of_parts_are_one_together() -> None:
    def part(*fooled: int) -> SecondOpinion:
        return SecondOpinion(
            queries=9,
            images=(0, 1),
            fooled=fooled,
            unbounded_failed=(),
            n_forward=3,
            n_backward=1,
            seconds=0.5,
        )

    whole = together([part(1).at([4, 7]), None, part(0, 1).at([1, 2])])
    assert whole == SecondOpinion(
        queries=9,
        images=(1, 2, 4, 7),
        fooled=(1, 2, 7),
        unbounded_failed=(),
        n_forward=6,
        n_backward=2,
        seconds=1.0,
    )
    assert together([None]) is None
