"""At which place of either order an attack first succeeds."""

from __future__ import annotations

import torch

from malt_core import AttackConfig, malt
from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import InMemoryData
from malt_core.explanations import ranks
from malt_core.explanations.record import ranks_record
from malt_core.explanations.types import Comparing, OrdersOfImage, Skipped
from tests.helpers.analytic import Linear, classes, grey, images, smooth_cnn


def test_the_place_is_known_on_a_linear_model() -> None:
    """Only the nearest class can be reached; by confidence it is the fifth."""
    model = Linear(10)
    model.weight.data = model.weight.data.sign() * 0.1
    model.weight.data[0] = 0
    model.weight.data[5] *= 8
    model.bias.data = torch.tensor([3.0, *(1 - 0.05 * i for i in range(9))])
    distance = model.distances("linf")[4]
    assert distance == min(model.distances("linf"))
    config = AttackConfig(eps=1.1 * distance, n_iter=20, n_targets=6)
    (one,) = ranks.compare_orders(model, grey(), [0], config)
    assert (one.malt, one.malt_target, one.first_malt) == (1, 5, 5)
    assert (one.naive, one.naive_target, one.first_naive) == (5, 5, 1)
    few = AttackConfig(eps=1.1 * distance, n_iter=20, n_targets=3)
    (one,) = ranks.compare_orders(model, grey(), [0], few)
    assert (one.malt, one.naive, one.naive_target) == (1, 0, -1)
    assert one.fooled


def test_it_agrees_with_either_attack_alone() -> None:
    model, x = smooth_cnn(), images(4)
    config = AttackConfig(eps=2 / 255, n_iter=4, n_targets=3, n_candidates=6)
    y = classes(model, x)
    y[0] = (y[0] + 1) % 12  # wrong without any attack
    found = ranks.compare_orders(model, x, y.tolist(), config, first=10)
    assert not found[0].attacked
    assert [one.index for one in found] == list(range(10, 14))
    how = {"eps": config.eps, "n_iter": 4, "n_targets": 3, "n_candidates": 6, "faithful": True, "first": 10}
    for targeting in ("malt", "naive"):
        alone = malt(model, x, y, targeting=targeting, precision="float32", **how)
        expected = [
            int(place) if success and not wrong else 0
            for place, success, wrong in zip(alone.order, alone.success, alone.already_wrong, strict=True)
        ]
        assert [getattr(one, targeting) for one in found] == expected
    assert any(one.fooled for one in found)


class _Named(torch.nn.Module):
    def __init__(self, network, size) -> None:
        super().__init__()
        self.network, self.info = network, type("Info", (), {"size": size})

    def forward(self, x):
        return self.network(x)


def test_a_data_set_is_compared_a_few_at_a_time(monkeypatch) -> None:
    from PIL import Image

    from malt_core.images.pixels import to_pixels

    monkeypatch.setattr(ranks, "TURN", 0.0)
    pictures = [Image.fromarray(to_pixels(x)) for x in images(6)]
    content = [Record(i, f"image {i}", -1, picture) for i, picture in enumerate(pictures)]
    content[2] = Record(2, "broken", 0, b"no picture")
    data = InMemoryData(path="", name="six", fingerprint="", content=tuple(content))
    model = _Named(smooth_cnn(), (8, 8))
    events = list(ranks.orders_over(model, data, AttackConfig(eps=1 / 255, n_iter=2, n_targets=2)))
    assert [event.name for event in events if isinstance(event, Skipped)] == ["broken"]
    found = [event for event in events if isinstance(event, OrdersOfImage)]
    assert [one.index for one in found] == [0, 1, 3, 4, 5]
    assert all(one.attacked for one in found), "unlabelled: attacked as what the network says"
    assert any(isinstance(event, Comparing) for event in events)
    info = type("Info", (), {"id": "six", "classes": [f"class {i}" for i in range(12)]})
    record = ranks_record(events, info, "six", AttackConfig(eps=1 / 255, n_iter=2, n_targets=2))
    assert sum(record.histogram()["malt"]) == sum(one.malt > 0 for one in found)
    assert record.skipped[0].startswith("broken: ")
