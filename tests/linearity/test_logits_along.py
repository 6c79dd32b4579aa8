"""Real and predicted logits of the leading classes along a way."""

from __future__ import annotations

import pytest
import torch

from malt_core.linearity.logits_along import CLASSES, POINTS, logits_along
from tests.helpers import analytic

EPS = 4 / 255
GREY = analytic.grey()[0]
X_ADV = GREY + EPS * (analytic.images(1)[0] - 0.5).sign()


def test_the_logits_of_a_linear_network_are_predicted_exactly() -> None:
    model = analytic.Linear(9).requires_grad_(False)
    found = logits_along(model, GREY, X_ADV, 0, 4, eps=EPS)
    assert found.classes[:2] == (0, 4)
    assert len(set(found.classes)) == CLASSES
    assert (len(found.s), found.s[0], found.s[-1]) == (POINTS, 0, 1)
    for index, true, linear in zip(found.classes, found.true, found.linear, strict=True):
        assert true == pytest.approx(linear, abs=1e-4)
        assert true[0] == pytest.approx(float(model.bias[index]))


def test_they_are_logits_of_the_network_itself_at_both_ends() -> None:
    model, x = analytic.smooth_cnn(), analytic.images(1)[0]
    end = (x + EPS * (GREY - x).sign()).clamp(0, 1)
    found = logits_along(model, x, end, 2, 5, eps=EPS)
    with torch.no_grad():
        z = model(torch.stack((x, end)))[:, list(found.classes)]
    assert [row[0] for row in found.true] == pytest.approx(z[0].tolist(), abs=1e-5)
    assert [row[-1] for row in found.true] == pytest.approx(z[1].tolist(), abs=1e-4)
    assert [row[0] for row in found.linear] == pytest.approx(z[0].tolist(), abs=1e-5)
    assert int(model(end[None]).argmax()) in found.classes, "the one that leads at the end is followed"


def test_a_network_of_two_classes_has_both_followed() -> None:
    assert logits_along(analytic.Quadratic(1, 1, 1), GREY, X_ADV, 0, 1, eps=EPS).classes == (0, 1)
