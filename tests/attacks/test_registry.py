"""The one list of attacks: every entry can be run, by one name, and tells what the catalogue promises."""

from __future__ import annotations

import pytest
import torch

from malt_core import malt
from malt_core.attacks import autoattack, registry
from malt_core.attacks.catalogue import ATTACKS, TITLES, attack_info
from malt_core.comparison.words import attack_name
from malt_core.errors import BadConfig
from malt_core.evaluation.types import EvaluationConfig
from malt_core.harness.counting import CountingModel
from malt_core.numerics.gradients import Passes
from malt_core.race.words import STAGES
from tests.helpers.analytic import Constant, assert_inside, classes, images, smooth_cnn
from tests.helpers.short_ensemble import short_ensemble

__all__ = ["short_ensemble"]  # a fixture

EPS = 4 / 255


def settings(attack: str, **values: object) -> dict:
    """Those of the values that the attack knows."""
    return {name: value for name, value in values.items() if name in ATTACKS[attack].settings}


@pytest.mark.usefixtures("short_ensemble")
@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_runs_alike(attack: str, norm: str) -> None:
    model, x = smooth_cnn().train(), images(5)
    y = classes(model, x)
    eps = EPS if norm == "linf" else 0.2
    told = settings(attack, n_iter=8, n_targets=3, precision="float32")
    stages, passes = [], Passes()

    def begin(stage: str, most: int | None) -> None:
        if not stages:
            assert passes.forward <= 1, "stages begin after the preparation"
        stages.append(stage)

    counting, before = CountingModel(model, passes), torch.random.get_rng_state()
    found = registry.run(attack, counting, x, y, norm=norm, eps=eps, seed=3, begin=begin, **told)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert model.training, "the model is as it was"
    assert_inside(found.adversarial, x, norm, eps)
    assert (classes(model, found.adversarial) != y).any()
    assert (found.passes.forward, found.passes.backward) == (passes.forward, passes.backward)
    assert stages
    assert set(stages) <= set(STAGES)
    assert (found.details is not None) == ATTACKS[attack].ranks_targets
    with torch.no_grad():
        torch.rand(1)
        again = registry.run(attack, model, x, y, norm=norm, eps=eps, seed=3, **told)
    assert torch.equal(again.adversarial, found.adversarial), "its random numbers are its own"


@pytest.mark.parametrize("attack", [id_ for id_, info in ATTACKS.items() if info.ranks_targets])
def test_the_order_of_attack_is_told(attack: str) -> None:
    model, x = smooth_cnn(), images(6)
    found = registry.run(attack, model, x, classes(model, x), norm="linf", eps=EPS, precision="float32")
    details = found.details
    assert torch.equal(details.order > 0, details.target >= 0)
    assert torch.equal(details.order, details.confidence_rank if attack == "naive" else details.malt_rank)


def test_malt_as_published_is_malt_with_that_budget() -> None:
    model, x = smooth_cnn(), images(4)
    how = {"norm": "linf", "eps": EPS, "n_iter": 10, "precision": "float32"}
    found = registry.run("malt-published", model, x, classes(model, x), **how)
    assert torch.equal(found.adversarial, malt(model, x, **how, faithful=True).adversarial)
    assert TITLES["malt-published"] == attack_name(EvaluationConfig(attack="malt", faithful=True))


@pytest.mark.parametrize("attack", ["apgd-ce", "apgd-t"])
def test_batches_are_attacked_one_by_one(attack: str) -> None:
    model, x = smooth_cnn(), images(5)
    y = classes(model, x)
    how = {"norm": "linf", "eps": EPS, "n_iter": 5}
    whole = registry.run(attack, model, x, y, batch_size=2, **how).adversarial
    parts = [registry.run(attack, model, x[i : i + 2], y[i : i + 2], **how).adversarial for i in (0, 2, 4)]
    assert torch.equal(whole, torch.cat(parts))


def test_starts_depend_on_the_place_in_the_data_set() -> None:
    model, x = smooth_cnn(), images(4)
    y = classes(model, x)
    whole = registry.run("pgd", model, x, y, norm="linf", eps=EPS, n_iter=3).adversarial
    part = registry.run("pgd", model, x[2:], y[2:], norm="linf", eps=EPS, n_iter=3, first=2).adversarial
    torch.testing.assert_close(part, whole[2:], rtol=0, atol=1e-6)


def test_the_number_of_classes_is_asked_for_once_where_it_is_not_known() -> None:
    model, x = smooth_cnn(), images(2)
    how = {"norm": "linf", "eps": EPS, "n_iter": 2}
    asked = registry.run("apgd-t", model, x, classes(model, x), **how).passes
    known = registry.run("apgd-t", model, x, classes(model, x), classes=12, **how).passes
    assert (asked.forward, asked.backward) == (known.forward + 1, known.backward)


@pytest.mark.parametrize("attack", [id_ for id_, info in ATTACKS.items() if info.least_classes > 2])
def test_too_few_classes_are_explained(attack: str) -> None:
    three, x = Constant([1.0, 0.0, 0.5]), images(1)
    with pytest.raises(BadConfig, match="at least 4 classes"):
        registry.run(attack, three, x, torch.zeros(1, dtype=torch.long), norm="linf", eps=EPS)


def test_unknown_names_are_refused() -> None:
    model, x = smooth_cnn(), images(1)
    with pytest.raises(BadConfig, match="Unknown attack 'mallt': choose malt, naive"):
        attack_info("mallt")
    with pytest.raises(BadConfig, match="n_iter is no setting of the attack fgsm"):
        registry.run("fgsm", model, x, classes(model, x), norm="linf", eps=EPS, n_iter=5)


def test_the_catalogue_and_the_functions_have_the_same_ids() -> None:
    assert registry._FUNCTIONS.keys() == ATTACKS.keys()
    assert len(set(TITLES.values())) == len(TITLES)
    known = set(EvaluationConfig.__dataclass_fields__)
    assert all(set(info.settings) <= known for info in ATTACKS.values())
    assert {info.least_classes for info in ATTACKS.values()} == {2, autoattack.LEAST_CLASSES}
