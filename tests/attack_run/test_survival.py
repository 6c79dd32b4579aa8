"""What survives on the way to others: known answers from a network that reads one number off a picture."""

from __future__ import annotations

import torch
from torch import nn

from malt_core.attack_run.survival import survival
from malt_core.attack_run.survival_types import TREATMENTS, survival_rows, survival_sentence
from malt_core.images.pixels import png_bytes
from malt_core.models import loaders
from malt_core.models.catalogue import model_info


class Checks(nn.Module):
    """Says class 1 of a picture with a checkerboard finer than half the size can hold, else class 0."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = (x[..., ::2] - x[..., 1::2]).abs().mean((1, 2, 3))
        logits = x.new_zeros(len(x), 200)
        logits[:, 0], logits[:, 1] = 1.0, 1.0 + 400 * (fine - 0.02)
        return logits


def found(network: nn.Module, label: int = 0) -> list:
    model = loaders.Model(model_info("tiny-imagenet/standard"), network)
    plain = torch.full((3, 64, 64), 0.5)
    checks = plain + 0.04 * (torch.arange(64) % 2 * 2 - 1)
    return list(survival(model, png_bytes(plain), png_bytes(checks), label))


def test_what_is_too_fine_for_half_the_size_does_not_survive_it() -> None:
    by_id = {one.treatment.id: one for one in found(Checks())}
    assert list(by_id) == [treatment.id for treatment in TREATMENTS]
    assert by_id["none"].fooled
    assert by_id["jpeg95"].fooled
    assert not by_id["half"].fooled
    assert all(one.known for one in by_id.values())
    kept = sum(one.fooled for one in by_id.values()) - 1
    assert survival_sentence([*by_id.values()]).endswith(f"after {kept} of 7 ways to pass the picture on.")


def test_where_the_original_is_not_known_either_nothing_is_claimed() -> None:
    results = found(Checks(), label=5)
    assert not any(one.known for one in results)
    assert "after 0 of 0" in survival_sentence(results)
    assert "After 7 others the network does not know the original" in survival_sentence(results)
    assert {row["still fooled"] for row in survival_rows(results)} == {"cannot be told"}
