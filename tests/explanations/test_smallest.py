"""The smallest ε of one picture, on models where it is known."""

from __future__ import annotations

import math

import pytest
import torch

from malt_core.explanations.smallest import smallest_epsilon
from malt_core.numerics.norms import size
from malt_core.types import Norm
from tests.helpers.analytic import Constant, Linear, grey, images, smooth_cnn


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_it_is_the_nearest_boundary(norm: Norm) -> None:
    model = Linear(8)
    nearest = min(model.distances(norm))
    found = smallest_epsilon(model, grey()[0], norm=norm)
    assert found.label == 0
    assert nearest * (1 - 1e-4) <= found.reached <= nearest * 1.02
    assert int(model(found.adversarial[None]).argmax()) == found.answer != 0
    assert found.predicted == pytest.approx(nearest, rel=1e-3)
    assert found.tried >= 1
    assert found.steps > 0


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_picture_of_8_bits_is_judged_by_its_own_pixels(norm: Norm) -> None:
    model, x = smooth_cnn(), images(1, seed=5)
    found = smallest_epsilon(model, x[0], norm=norm, eps_max=1.0 if norm == "linf" else 20.0)
    saved = found.eight_bit[None]
    assert torch.equal((saved * 255).round() / 255, saved)
    assert int(model(saved).argmax()) == found.eight_bit_answer != found.label
    assert float(size(saved - x, norm)) <= found.eight_bit_eps * (1 + 1e-5)
    assert found.eight_bit_eps >= found.reached * 0.999
    if norm == "linf":
        k = found.eight_bit_eps * 255
        assert k == pytest.approx(round(k))
        assert k < found.reached * 255 + 4


def test_a_model_that_cannot_be_fooled() -> None:
    found = smallest_epsilon(Constant([1.0, 0.5, 0.0, 0.0]), grey()[0], eps_max=0.1)
    assert math.isinf(found.reached)
    assert found.adversarial is None
    assert found.eight_bit is None
    assert found.answer == found.label == 0
