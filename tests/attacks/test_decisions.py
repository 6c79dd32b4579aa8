"""Attacks that hear only the class, on a linear network, whose boundary is known in closed form."""

from __future__ import annotations

import itertools
import warnings

import pytest
import torch

from malt_core.attacks.decisions import Spent, between
from malt_core.attacks.evolution import evolution
from malt_core.attacks.hop_skip_jump import hop_skip_jump
from malt_core.numerics import norms
from malt_core.numerics.random import own_randomness
from malt_core.types import Norm
from tests.helpers.analytic import Constant, Counted, Linear, grey

SEARCHES = (hop_skip_jump, evolution)
HOW = [(search, norm) for search in SEARCHES for norm in ("linf", "l2")]


class Asked:
    """Whether a network answers another class than 0: so many images, then Spent."""

    def __init__(self, network: torch.nn.Module, budget: int) -> None:
        self.network, self.budget, self.images = network, budget, 0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self.images + len(x) > self.budget:
            raise Spent
        assert x.min() >= 0
        assert x.max() <= 1
        self.images += len(x)
        with torch.no_grad():
            return self.network(x).argmax(1) != 0


def two_classes() -> Linear:
    model = Linear(2)
    model.bias.data[0] = 1.0  # so near that the ball does not reach the edges of [0, 1]
    return model


def run(search, norm: Norm, *, budget: int, seed: int = 0) -> list[torch.Tensor]:
    found = []
    generator = torch.Generator().manual_seed(seed)
    nearer = search(Asked(two_classes(), budget), grey(), norm, generator)
    try:
        for image in nearer:
            if image is not None:
                found.append(image.clone())
    except Spent:
        pass
    return found


@pytest.mark.parametrize(("search", "norm"), HOW)
def test_they_come_to_the_known_distance_and_never_nearer(search, norm: Norm) -> None:
    known = two_classes().distances(norm)[0]
    found = run(search, norm, budget=5000)
    assert known * 0.9999 < float(norms.size(found[-1] - grey(), norm)) < 1.12 * known
    with torch.no_grad():
        assert all(two_classes()(image).argmax(1) == 1 for image in found)


def test_hop_skip_jump_comes_within_a_few_per_cent() -> None:
    known = two_classes().distances("l2")[0]
    (*_, last) = run(hop_skip_jump, "l2", budget=12_000)
    assert float(norms.size(last - grey(), "l2")) < 1.03 * known


def test_hop_skip_jump_does_as_well_as_foolboxs_with_as_many_queries() -> None:
    with warnings.catch_warnings(), own_randomness(0, torch.device("cpu")):
        warnings.simplefilter("ignore")
        foolbox = pytest.importorskip("foolbox")
        model = Counted(two_classes()).eval()
        theirs = foolbox.attacks.HopSkipJumpAttack(steps=10, constraint="l2").run(
            foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu"),
            grey(),
            foolbox.criteria.Misclassification(torch.tensor([0])),
        )
    (*_, ours) = run(hop_skip_jump, "l2", budget=model.forwards)
    assert norms.size(ours - grey(), "l2") < 1.1 * norms.size(theirs - grey(), "l2")


@pytest.mark.parametrize(("search", "norm"), HOW)
def test_images_come_nearer_and_nearer(search, norm: Norm) -> None:
    sizes = [float(norms.size(image - grey(), norm)) for image in run(search, norm, budget=1000)]
    assert len(sizes) > 3
    assert all(later < earlier for earlier, later in itertools.pairwise(sizes))


@pytest.mark.parametrize("search", SEARCHES)
def test_the_seed_and_nothing_else_decides(search) -> None:
    first = run(search, "linf", budget=400)[-1]
    torch.rand(7)
    assert torch.equal(first, run(search, "linf", budget=400)[-1])
    assert not torch.equal(first, run(search, "linf", budget=400, seed=1)[-1])


@pytest.mark.parametrize("search", SEARCHES)
def test_where_nothing_fools_the_search_for_a_start_ends(search) -> None:
    asked = Asked(Constant([1.0, 0.0]), 10_000)
    assert all(image is None for image in search(asked, grey(), "linf", torch.Generator().manual_seed(0)))
    assert 0 < asked.images < 200


def test_the_way_between_two_images() -> None:
    x0, far = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    far[0, 0] = 0.25
    torch.testing.assert_close(between(x0, far, 0.5, "l2"), far / 2)
    torch.testing.assert_close(between(x0, far, 0.5, "linf"), far.clamp(max=0.5))
