"""Networks that refuse or abstain: what attacks see of it, and how it is judged."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from malt_core.attacks import registry
from malt_core.attacks.malt.batch import malt
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, Finished
from malt_core.defences.detector import Detector
from malt_core.defences.ensemble import Ensemble
from malt_core.defences.squeezing import Squeezing
from malt_core.defences.vote import Vote
from malt_core.models.catalogue import model_info
from malt_core.numerics.gradients import Passes
from malt_core.race import words
from malt_core.race.record import Entrant, record_of
from malt_core.race.run import line_up, run_lane
from malt_core.race.timeline import race_of
from malt_core.race.types import RaceConfig
from malt_core.trust.refusals import Answer, Refusing, refusing_within, verdict, with_labels
from tests.evaluation.test_chunks import chunk
from tests.helpers.analytic import classes, images, sample, smooth_cnn
from tests.helpers.evaluations import Pictures

NETWORK = smooth_cnn()


class TooBright(Refusing):
    """Refuses pictures that are brighter on average than `most`."""

    def __init__(self, network: nn.Module, most: float, abstains: bool = False) -> None:
        super().__init__()
        self.network, self.most, self.abstains = network, most, abstains

    def answer(self, x: Tensor) -> Answer:
        return Answer(self.network(x), (x.flatten(1).mean(1) - self.most) * 50)


def test_a_detector_that_never_refuses_changes_nothing() -> None:
    x = images(6)
    y = classes(NETWORK, x)
    found = malt(TooBright(NETWORK, 2.0), x, y, eps=8 / 255, n_iter=10)
    alone = malt(NETWORK, x, y, eps=8 / 255, n_iter=10)
    assert found.success.tolist() == alone.success.tolist()


def test_an_attack_sees_the_label_where_the_picture_is_refused() -> None:
    x = images(4)
    y = classes(NETWORK, x)
    brightness = x.flatten(1).mean(1)
    defended = TooBright(NETWORK, float(brightness.median()) + 1e-4)
    wrong = (y + 1) % 12
    view = with_labels(defended, x, wrong)
    assert torch.equal(view(x).argmax(1) == wrong, defended.refuses(x))
    assert 0 < int(defended.refuses(x).sum()) < 4
    assert refusing_within(view) is None
    assert with_labels(view, x, wrong) is view


def test_an_attack_fools_network_and_detector_at_once() -> None:
    x = images(16) * 0.5
    x += 0.5 - x.flatten(1).mean(1)[:, None, None, None]  # all of them as bright as is allowed
    y = classes(NETWORK, x)
    defended, eps = TooBright(NETWORK, 0.5 + 1e-4), 16 / 255
    ignorant = malt(NETWORK, x, y, eps=eps, n_iter=30)
    assert int(defended.refuses(ignorant.adversarial).sum()) >= 4
    for name in ("malt", "pgd"):
        found = registry.run(name, defended, x, y, norm="linf", eps=eps, n_iter=30)
        z, refused = verdict(defended, found.adversarial, Passes())
        assert int(((z.argmax(1) != y) & ~refused).sum()) >= 12, name


def test_what_is_refused_clean_is_wrong_and_not_attacked() -> None:
    x = images(4)
    y = classes(NETWORK, x)
    defended = TooBright(NETWORK, float(x.flatten(1).mean(1).median()) + 1e-4)
    found, refused = malt(defended, x, y, n_iter=5), defended.refuses(x)
    assert torch.equal(found.already_wrong, refused)
    assert torch.equal(found.adversarial[refused], x[refused])
    lined_up = line_up(defended, x)
    assert lined_up.refused == tuple(refused.nonzero()[:, 0].tolist())
    assert not set(lined_up.refused) & set(lined_up.standing)
    one = int(refused.nonzero()[0, 0])
    *_, last = attack(defended, sample(x[one], int(y[one])), AttackConfig(n_iter=5))
    assert isinstance(last, Finished)
    assert last.result.already_wrong
    assert last.result.refused
    assert not last.result.success


def test_the_race_names_what_is_refused_and_counts_it_with_nobody() -> None:
    x = images(4)
    defended = TooBright(NETWORK, float(x.flatten(1).mean(1).median()) + 1e-4)
    lined_up = line_up(defended, x)
    config = RaceConfig()
    events = [lined_up, *run_lane("malt", defended, x, lined_up, config)]
    entrants = [Entrant(name=name, source="", credit="", sha256="", truth=None) for name in "abcd"]
    info = model_info("tiny-imagenet/robust")
    told = record_of(race_of(events, ["malt"], going_on=False), info, config, "centre", entrants)
    assert [i for i, picture in enumerate(told.pictures) if picture.refused] == list(lined_up.refused)
    assert told.standing == lined_up.standing
    assert not set(told.left) & set(lined_up.refused)
    one = lined_up.refused[0]
    assert "refuses to answer" in words.invalid(told)
    assert f"{told.pictures[one].name}" in words.invalid(told)
    assert words.fate(told.lanes[0], one, told) == "refused without any attack"
    assert words.answer(told.pictures[one]) == "no answer: refused"


def test_an_evaluation_counts_refused_images_besides_their_outcome() -> None:
    data = Pictures()
    most = float(data.x.flatten(1).mean(1).median()) + 1e-4
    result, _ = chunk(data, TooBright(NETWORK, most))
    bright = data.x.flatten(1).mean(1) > most
    assert 0 < int(bright.sum()) < len(data.x)
    for image, clean in zip(result.images, bright.tolist(), strict=True):
        assert image.outcome == "wrong" if clean else image.outcome != "invalid"
        assert image.refused if clean else image.refused <= (image.outcome == "robust")


def test_who_abstains_has_lost_the_label() -> None:
    x = images(4)
    y = classes(NETWORK, x)
    view = with_labels(TooBright(NETWORK, -1.0, abstains=True), x, y)
    assert (view(x).argmax(1) != y).all()


def test_a_vote_goes_by_majority_abstains_on_a_tie_and_has_the_smooth_votes_gradient() -> None:
    members = [smooth_cnn(seed=seed) for seed in range(3)]
    x = images(40).requires_grad_()
    found = Vote(members).answer(x)
    said = torch.stack([classes(member, x.detach()) for member in members])
    for i, names in enumerate(said.T.tolist()):
        most = max(names.count(name) for name in names)
        assert (found.doubt[i] > 0) == (most == 1)
        assert names.count(int(found.logits[i].argmax())) == most
    smooth = torch.stack([member(x).softmax(1) for member in members]).mean(0).log()
    weights = torch.randn(smooth.shape, generator=torch.Generator().manual_seed(0))
    (wanted,) = torch.autograd.grad((smooth * weights).sum(), x)
    (given,) = torch.autograd.grad((found.logits * weights).sum(), x)
    torch.testing.assert_close(given, wanted, atol=1e-5, rtol=1e-4)


def test_an_ensemble_of_one_network_is_that_network() -> None:
    x = images(3)
    torch.testing.assert_close(Ensemble([NETWORK] * 3)(x), NETWORK(x))


class _Darker(nn.Module):
    """An autoencoder that gives every picture back darker by a share of its brightness."""

    def forward(self, x: Tensor) -> Tensor:
        return 0.9 * x


def test_a_detector_refuses_above_its_threshold_and_tells_the_gradient() -> None:
    x = images(5).requires_grad_()
    error = 0.1 * x.detach().flatten(1).mean(1)
    threshold = float(error.sort().values[2:4].mean())
    found = Detector(NETWORK, _Darker(), threshold).answer(x)
    torch.testing.assert_close(found.doubt.detach(), error / threshold - 1)
    assert int((found.doubt > 0).sum()) == 2
    (gradient,) = torch.autograd.grad(found.doubt.sum(), x)
    assert (gradient[x > 0] > 0).all()


def test_squeezing_refuses_whose_answer_changes() -> None:
    x = images(6)
    assert Squeezing(NETWORK, 1e-6).refuses(x).all()  # noise changes with every blur
    assert not Squeezing(NETWORK, 2.0).refuses(x).any()  # no two answers are further apart
    flat = torch.full((1, 3, 8, 8), 0.0)
    assert not Squeezing(NETWORK, 1e-6).refuses(flat).any()  # black stays black
