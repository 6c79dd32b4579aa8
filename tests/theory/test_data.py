"""The points, and the settings that they come from."""

from __future__ import annotations

import math

import pytest
import torch

from malt_core.errors import BadConfig
from malt_core.numerics.random import row_generator
from malt_core.theory.data import draw
from malt_core.theory.types import TheoryConfig


def test_synthetic_points_are_as_long_as_the_root_of_the_dimension_and_in_two_classes():
    points = draw(TheoryConfig(dimension=90, subspace=5, points=60), row_generator(1, 0, 0))
    assert points.z.shape == (60, 5)
    assert torch.allclose(points.z.norm(dim=1), torch.tensor(math.sqrt(90), dtype=torch.float64))
    assert set(points.y.tolist()) == {1.0, -1.0}
    first, second = points.new_z[points.new_y == 1], points.new_z[points.new_y == -1]
    assert first[:, 0].abs().mean() > 2 * first[:, 1].abs().mean()
    assert second[:, 1].abs().mean() > 2 * second[:, 0].abs().mean()


def test_on_a_line_the_classes_are_its_ends():
    points = draw(TheoryConfig(dimension=2, subspace=1, points=20), row_generator(1, 0, 0))
    assert torch.equal(points.y, points.z[:, 0].sign())


def test_digits_are_in_their_principal_components():
    points = draw(TheoryConfig(data="digits", dimension=128, subspace=6, points=100), row_generator(1, 0, 0))
    z = torch.cat((points.z, points.new_z))
    assert z.shape == (600, 6)
    assert float(z.square().sum(1).mean()) == pytest.approx(128, rel=0.05)
    spread = z.square().mean(0)
    assert all(spread[i] > spread[i + 1] for i in range(5))  # the first components vary most
    assert float((points.y == 1).double().mean()) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"subspace": 200}, "no step leads off the data"),
        ({"data": "digits", "subspace": 65}, "a digit has so many pixels"),
        ({"data": "faces"}, "synthetic, digits"),
        ({"width": 1}, "from 2 to"),
        ({"scale": 0.0}, "above 0"),
        ({"decay": -0.1}, "from 0 to"),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(wrong: dict, says: str):
    with pytest.raises(BadConfig, match=says) as error:
        TheoryConfig(**wrong)
    assert error.value.setting in wrong
