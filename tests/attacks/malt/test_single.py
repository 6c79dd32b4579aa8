"""MALT on one image: the events in their order, and the verdict on what comes back."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from malt_core import AttackConfig, attack
from malt_core.attacks.malt.budget import CLOSE, FINISH, HOPEFUL, PROBE_STEPS, REACH
from malt_core.attacks.malt.concurrent_targets import PATIENCE
from malt_core.attacks.types import Finished, Ranked, RankingProgress, Step, TargetDone
from malt_core.errors import BadConfig
from malt_core.images.pixels import png_bytes, read_png
from malt_core.numerics.norms import eight_bit_image, size
from malt_core.trust.soundness import BACKWARD, FORWARD
from tests.helpers.analytic import (
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
from tests.helpers.attacks import STRONG, WEAK, run, same_result

NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])


def check_verdict(model, x, config, result):
    """What the result says of its image is what the model says of it, when asked by somebody else."""
    adversarial = result.adversarial[None]
    assert_inside(adversarial, x[None], config.norm, config.eps + 1e-6)
    says = int(classes(model, adversarial))
    assert result.adversarial_index == says
    assert result.success == (not result.already_wrong and says != result.label)
    assert result.perturbation_norm == float(size(adversarial - x[None], config.norm))
    saved = read_png(png_bytes(eight_bit_image(adversarial, x[None], config.norm, config.eps)[0]))
    assert_inside(saved[None], x[None], config.norm, config.eps + 1e-6)
    assert result.survives_png == (int(classes(model, saved[None])) != result.label)
    if config.eight_bit and result.success and result.survives_png:
        assert torch.equal(saved, result.adversarial)


# --- events and their order -------------------------------------------------------------------------------


def test_events_of_a_success_come_in_order_and_agree_with_the_result():
    model, x = smooth_cnn(), images(1)[0]
    events = list(attack(model, sample(x), STRONG))
    ranking = [e for e in events if isinstance(e, RankingProgress)]
    assert [(e.done, e.total) for e in ranking] == [(6, 11), (11, 11)]
    assert events[: len(ranking)] == ranking
    ranked, *steps, done, finished = events[len(ranking) :]
    result = finished.result
    assert isinstance(ranked, Ranked)
    assert isinstance(done, TargetDone)
    assert isinstance(finished, Finished)
    assert all(isinstance(e, Step) for e in steps)
    assert ranked.targets == result.ranking
    assert (ranked.label, ranked.clean_index, ranked.n_targets) == (result.label, result.clean_index, 9)
    assert result.trace == tuple(steps)
    assert result.attempts == (done,)
    assert [e.step for e in steps] == list(range(len(steps)))
    assert {e.target for e in steps} == {ranked.targets[0].index} == {done.target} == {result.target.index}
    assert {(e.order, e.round, e.most) for e in steps} == {(1, 1, PROBE_STEPS)}
    assert done == TargetDone(
        target=done.target, order=1, round=1, steps=len(steps) - 1, fooled=True, reached=result.reached
    )
    assert result.margin_left < 0
    assert result.success
    assert result.survives_png
    assert steps[result.steps].best_margin < 0


def test_without_success_every_target_is_tried_in_order_with_all_its_steps():
    model, x = smooth_cnn(), images(1)[0]
    events = list(attack(model, sample(x), WEAK))
    result = events[-1].result
    done = [e for e in events if isinstance(e, TargetDone)]
    assert [e.target for e in done] == [t.index for t in result.ranking[:3]]
    assert [(e.order, e.steps, e.fooled) for e in done] == [(i, WEAK.n_iter, False) for i in (1, 2, 3)]
    assert {(e.round, e.most) for e in result.trace} == {(1, WEAK.n_iter)}
    assert result.steps_total == 3 * WEAK.n_iter
    assert len(result.trace) == 3 * (WEAK.n_iter + 1)
    assert not result.success
    assert not result.survives_png
    closest = min(result.trace, key=lambda e: e.best_margin)
    assert (result.target.index, result.steps) == (closest.target, closest.step)
    nearest = min(target.margin for target in result.ranking)
    assert result.margin_left == pytest.approx(closest.best_margin / nearest, abs=1e-3)
    assert 0 < result.margin_left < 1
    check_verdict(model, x, WEAK, result)


def test_first_success_ends_the_attack():
    """Naive targeting needs a later target for some of these images, and none is begun after it."""
    config = AttackConfig(eps=2.5 / 255, n_iter=10, n_targets=3, targeting="naive", faithful=True)
    results = [run(smooth_cnn(), x, config) for x in images(8)]
    orders = [len(r.attempts) for r in results if r.success]
    assert max(orders) > 1
    for r in results:
        assert [a.fooled for a in r.attempts] == [False] * (len(r.attempts) - 1) + [r.success]


def test_steps_tell_the_true_and_the_linear_margin():
    """On a linear model both are the same at every visited point, and equal b + <w, x - x0> there."""
    result = run(Linear(12), grey()[0], AttackConfig(eps=2 / 255, n_iter=10, n_targets=2, faithful=True))
    assert len(result.trace) == 22
    for e in result.trace:
        assert e.true_margin == pytest.approx(e.linear_margin, abs=1e-5)
        assert e.best_margin <= e.true_margin + 1e-6
    assert result.trace[-1].true_margin < result.ranking[1].margin


def test_margins_of_a_step_are_the_models():
    model, x = smooth_cnn(), images(1)[0]
    result = run(model, x, replace(WEAK, n_targets=1, eight_bit=False))
    with torch.no_grad():
        z = model(result.adversarial[None])[0]
    margins = z[result.label] - z
    step = result.trace[result.steps]
    assert step.true_margin == pytest.approx(float(margins[result.target.index]), abs=1e-5)
    others = [float(m) for i, m in enumerate(margins) if i != result.label]
    assert step.best_margin == pytest.approx(min(others), abs=1e-5)
    assert step.linear_margin != pytest.approx(step.true_margin, abs=1e-6)


def test_counts_are_what_went_through_the_model():
    for config in (STRONG, WEAK):
        model = Counted(smooth_cnn())
        result = run(model, images(1)[0], config)
        assert (result.n_forward + FORWARD, result.n_backward + BACKWARD) == (
            model.forwards,
            model.backwards,
        )
        # 11 candidates are ranked on 6 copies of the image, 2 each; one place of the 12 is filling. With the
        # frugal budget nothing is asked at the image itself, where the first run begins.
        asked = len(result.trace) - (not config.faithful)
        assert result.n_backward == 12 + len(result.attempts) + asked


@NORMS
@pytest.mark.parametrize("targeting", ["malt", "naive"])
def test_linear_model_is_attacked_in_the_known_order(norm, targeting):
    model = Linear(12)
    distances = model.distances(norm)
    by_distance = sorted(range(1, 12), key=lambda i: distances[i - 1])
    expected = by_distance if targeting == "malt" else list(range(1, 12))
    eps = 0.5 * min(distances)
    config = AttackConfig(norm=norm, eps=eps, n_iter=2, n_targets=4, targeting=targeting, faithful=True)
    result = run(model, grey()[0], config)
    assert [a.target for a in result.attempts] == expected[:4]


@NORMS
@pytest.mark.parametrize("n_classes", [2, 3, 12])
def test_linear_model_falls_just_beyond_the_predicted_distance_and_never_before(norm, n_classes):
    model = Linear(n_classes)
    distance = min(model.distances(norm))
    for factor in (0.97, 1.03):
        config = AttackConfig(norm=norm, eps=factor * distance, n_iter=50, eight_bit=False)
        result = run(model, grey()[0], config)
        assert result.success == (factor > 1)
        assert result.ranking[0].predicted_distance == pytest.approx(distance, rel=1e-5)
        assert result.loss == ("dlr-targeted" if n_classes >= 4 else "margin")
        assert result.n_targets == min(9, n_classes - 1)
        check_verdict(model, grey()[0], config, result)


# --- the verdict ------------------------------------------------------------------------------------------


@NORMS
@settings(deadline=None, max_examples=25)
@given(
    eps=st.sampled_from([0.3 / 255, 1 / 255, 0.0099, 4 / 255, 0.0301, 0.25, 1.0]),
    where=st.sampled_from(["noise", "black", "white", "corners"]),
    seed=st.integers(0, 200),
    eight_bit=st.booleans(),
)
def test_the_verdict_is_true_of_the_image_that_is_returned(norm, eps, where, seed, eight_bit):
    x = images(1, seed=seed)[0]
    x = {"noise": x, "black": x * 0, "white": x * 0 + 1, "corners": x.round()}[where]
    config = AttackConfig(norm=norm, eps=eps, n_iter=5, n_targets=2, seed=seed, eight_bit=eight_bit)
    model = smooth_cnn()
    check_verdict(model, x, config, run(model, x, config))


def test_the_verdict_property_sees_all_outcomes():
    """The property above would be idle if, say, nothing ever survived rounding."""
    outcomes = set()
    for norm, eps in (("linf", 0.3 / 255), ("linf", 4 / 255), ("l2", 0.03), ("l2", 0.3)):
        for x in images(12):
            result = run(smooth_cnn(), x, AttackConfig(norm=norm, eps=eps, n_iter=5, n_targets=1))
            outcomes.add((result.success, result.survives_png))
    assert outcomes == {(False, False), (True, False), (True, True)}


def test_success_goes_on_until_the_image_survives_rounding():
    """Unrounded, the first fooling point is enough; with eight_bit some images take further steps."""
    model, later = smooth_cnn(), 0
    config = AttackConfig(norm="l2", eps=0.1, n_iter=10, n_targets=1)
    for x in images(16):
        plain, saved = run(model, x, replace(config, eight_bit=False)), run(model, x, config)
        assert saved.success == plain.success
        if plain.success:
            assert plain.steps == plain.trace[-1].step
            assert saved.survives_png >= plain.survives_png
            assert len(saved.trace) <= len(plain.trace) + PATIENCE
            later += saved.survives_png > plain.survives_png
    assert later > 0


def test_below_one_255th_no_step_is_wasted_on_an_image_that_cannot_be_saved():
    for norm in ("linf", "l2"):
        for x in images(24):
            result = run(smooth_cnn(), x, AttackConfig(norm=norm, eps=0.9 / 255, n_iter=10, n_targets=1))
            if result.success:
                assert not result.survives_png
                assert sum(e.best_margin < 0 for e in result.trace) == 1
                return
    pytest.fail("no image was fooled at 0.9/255")


def test_image_that_is_wrong_already_is_reported_and_not_attacked():
    model, x = Counted(smooth_cnn()), images(1)[0]
    right = int(classes(model.network, x[None]))
    (finished,) = attack(model, sample(x, (right + 1) % 12), STRONG)
    result = finished.result
    assert result.already_wrong
    assert not result.success
    assert (result.target, result.ranking, result.attempts, result.trace) == (None, (), (), ())
    assert (result.clean_index, result.adversarial_index) == (right, right)
    assert torch.equal(result.adversarial, x)
    assert result.perturbation_norm == 0
    assert model.backwards == BACKWARD


@pytest.mark.parametrize("eight_bit", [True, False])
def test_the_attacks_own_word_is_not_believed(eight_bit):
    config = AttackConfig(n_iter=5, eight_bit=eight_bit)
    result = run(LiesToAttacks(), images(1)[0], config)
    assert result.attempts[0].fooled
    assert not result.success
    assert result.adversarial_index == result.label == 0
    check_verdict(LiesToAttacks(), images(1)[0], config, result)


def test_given_right_label_is_the_same_as_none():
    model, x = smooth_cnn(), images(1)[0]
    label = int(classes(model, x[None]))
    assert same_result(run(model, x, WEAK), run(model, x, WEAK, label))


def test_constant_model_is_not_fooled_and_every_number_is_finite():
    for model in (
        Constant([0.0, 3.0, 1.0, 2.0, -1.0]),
        lambda x: torch.tensor([[1.0, 0.0]]).expand(len(x), 2),
    ):
        result = run(model, images(1)[0], WEAK)
        assert not result.success
        assert not result.survives_png
        assert all(t.predicted_distance == math.inf for t in result.ranking)
        assert all(math.isfinite(v) for e in result.trace for v in (e.true_margin, e.linear_margin))
        check_verdict(model, images(1)[0], WEAK, result)


def test_classes_with_nan_gradients_are_attacked_last_and_do_no_harm():
    network = smooth_cnn()

    def model(x):
        z = network(x)
        return torch.cat((z, z.amax(1, keepdim=True) - 0.01 + spike(x)), dim=1)

    config = AttackConfig(eps=1 / 255, n_iter=5, n_targets=12, faithful=True)
    result = run(model, images(1)[0], config)
    assert result.ranking[-1].index == 12
    assert result.ranking[-1].confidence_rank == 1
    assert len(result.attempts) == 12
    assert all(math.isfinite(v) for e in result.trace for v in (e.true_margin, e.linear_margin))
    check_verdict(model, images(1)[0], config, result)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_two_and_three_classes_have_fewer_targets_than_asked_for(n_classes):
    model, x = smooth_cnn(n_classes), images(1)[0]
    config = AttackConfig(eps=0.5 / 255, n_iter=3, n_targets=9)
    result = run(model, x, config)
    assert (result.n_targets, len(result.ranking), result.loss) == (n_classes - 1, n_classes - 1, "margin")
    check_verdict(model, x, config, result)
    assert run(model, x, AttackConfig(eps=0.5, n_iter=30)).success


def test_candidates_and_targets_are_capped():
    result = run(smooth_cnn(), images(1)[0], AttackConfig(eps=0.5 / 255, n_iter=1, n_candidates=4))
    assert len(result.ranking) == result.n_targets == 4
    assert {t.confidence_rank for t in result.ranking} == {1, 2, 3, 4}


# --- where the steps go -----------------------------------------------------------------------------------


def test_an_image_that_does_not_come_close_is_given_up_after_the_probe():
    """On a linear model a step goes to the best point there is, and a second one is for certainty."""
    model = Linear(12)
    for factor, steps in ((0.2, 1), (0.5, 2)):
        result = run(model, grey()[0], AttackConfig(eps=factor * min(model.distances("linf"))))
        assert [(a.order, a.round, a.steps) for a in result.attempts] == [(1, 1, steps)]
        assert HOPEFUL < result.margin_left < 1


def test_an_image_that_comes_close_gets_longer_runs_of_the_nearest():
    """A linear model: just short of its nearest boundary, the margin left is what the distance says."""
    model = Linear(12)
    nearest = min(model.distances("linf"))
    near = sum(distance <= REACH * 0.95 * nearest for distance in model.distances("linf"))
    result = run(model, grey()[0], AttackConfig(eps=0.95 * nearest, eight_bit=False))
    runs = [(a.round, a.order) for a in result.attempts]
    finish = [(n, order) for n, (count, _) in enumerate(FINISH, 3) for order in range(1, count + 1)]
    assert runs == [(1, 1), *((2, order) for order in range(2, near + 1)), *finish]
    assert CLOSE > result.margin_left == pytest.approx(0.05, abs=0.01)
    assert result.steps_total == sum(a.steps for a in result.attempts) < 10 * len(runs)
    assert list(dict.fromkeys((e.round, e.order) for e in result.trace)) == runs
    for a in result.attempts:
        told = [e.step for e in result.trace if (e.round, e.order) == (a.round, a.order)]
        assert told == [*range(a.steps + 1)]


def test_with_the_frugal_budget_the_first_run_begins_at_the_image_itself():
    model, x = smooth_cnn(), images(1)[0]
    result = run(model, x, replace(STRONG, eight_bit=False))
    first, second, *_ = result.trace
    assert first.true_margin == first.linear_margin == pytest.approx(result.ranking[0].margin, abs=1e-5)
    drop = STRONG.eps * result.ranking[0].gradient_norm
    inside = float(x.min()) > STRONG.eps and float(x.max()) < 1 - STRONG.eps
    assert inside or first.linear_margin - second.linear_margin <= drop
    assert first.linear_margin - second.linear_margin == pytest.approx(drop, rel=0.2)


def test_what_the_published_budget_fools_the_frugal_one_fools():
    model, config = smooth_cnn(), AttackConfig(eps=2.5 / 255, n_iter=100)
    costs, fooled = {}, {}
    for faithful in (True, False):
        results = [run(model, x, replace(config, faithful=faithful)) for x in images(8)]
        fooled[faithful] = [result.success for result in results]
        costs[faithful] = sum(result.steps_total for result in results)
    assert fooled[True] == fooled[False]
    assert 0 < sum(fooled[True]) < 8
    assert costs[False] < costs[True] / 4


def test_a_margin_of_nothing_is_no_error():
    """At the image two classes tie; the label is the first, and the other falls behind in all directions."""

    def model(x):
        s = (x - grey()).flatten(1).abs().sum(1)
        return torch.stack((0 * s, -s, -1 - s, -2 - s), dim=1)

    result = run(model, grey()[0], AttackConfig(n_iter=3))
    assert (result.success, result.margin_left) == (False, 0.0)


# --- one class that is asked for --------------------------------------------------------------------------


def aimed(model, x, target, **settings):
    return run(model, x, AttackConfig(target=target, **settings))


def test_an_aim_is_the_only_target_and_is_reached_past_other_wrong_classes():
    model, x, passed = smooth_cnn(), images(1)[0], 0
    free = run(model, x, STRONG)
    for target in {t.index for t in free.ranking}:
        result = aimed(model, x, target, eps=64 / 255)
        assert (result.n_targets, len(result.attempts)) == (1, 1)
        assert {e.target for e in result.trace} == {target} == {result.target.index}
        assert result.reached
        assert result.success
        assert result.survives_png
        assert result.margin_left < 0
        assert result.adversarial_index == target == int(classes(model, result.adversarial[None]))
        assert result.attempts[0].reached
        assert [t.index for t in result.ranking] == [t.index for t in free.ranking]
        passed += any(e.best_margin < 0 for e in result.trace[: result.steps])
    assert passed > 0


def test_an_aim_out_of_reach_says_where_it_ended_and_how_far_it_is():
    def model(x):
        s = (x - grey()).flatten(1).sum(1)
        return torch.stack((0 * s, s - 20, 0.6 * s - 0.2), dim=1)

    eps = 4 / 255
    result = aimed(model, grey()[0], 1, eps=eps, n_iter=5)
    assert (result.success, result.reached, result.adversarial_index) == (True, False, 2)
    assert (result.target.index, result.attempts[0].fooled, result.attempts[0].reached) == (1, True, False)
    s = eps * grey().numel()
    assert result.margin_left == pytest.approx((0.6 * s - 0.2 - (s - 20)) / 20, abs=1e-3)
    assert result.survives_png
    assert torch.equal(result.adversarial, (result.adversarial * 255).round() / 255)
    assert result.steps_total == 5


def test_an_aim_that_is_not_among_the_candidates_is_ranked_as_well():
    model = Linear(12)
    distances = model.distances("linf")
    result = aimed(model, grey()[0], 11, n_candidates=3, eps=0.5 / 255, n_iter=2)
    (target,) = (t for t in result.ranking if t.index == 11)
    assert len(result.ranking) == 4
    assert target.confidence_rank == 11
    assert target.predicted_distance == pytest.approx(distances[10], rel=1e-5)
    nearer = sum(distances[i - 1] < distances[10] for i in (1, 2, 3))
    assert target.rank == nearer + 1


@pytest.mark.parametrize(
    ("target", "message"),
    [(12, "Target 12 is out of range"), (0, "target 0 is the class that the model is to be led away from")],
)
def test_an_aim_that_cannot_be(target, message):
    with pytest.raises(BadConfig, match=message):
        aimed(Linear(12), grey()[0], target)


def test_an_aim_that_another_class_stands_for():
    def model(x):
        z = smooth_cnn()(x)
        return torch.cat((z, z[:, :1]), dim=1)

    with pytest.raises(BadConfig, match="target 12 always has the same logit as class 0"):
        aimed(model, images(1)[0], 12)


def test_an_original_between_eight_bit_levels_is_not_rounded_out_of_its_ball():
    model, fooled = smooth_cnn(), 0
    for seed in range(6):
        x = (images(1, seed=seed)[0] * 0.9).mul(255).floor().add(0.45).div(255)
        for eps in (2 / 255, 6 / 255, 12 / 255):
            result = run(model, x, AttackConfig(eps=eps, n_iter=20))
            assert (result.adversarial - x).abs().max() <= eps + 1e-6
            fooled += result.success
    assert fooled
