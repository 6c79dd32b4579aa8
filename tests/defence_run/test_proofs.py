"""Proofs over a data set, and of a trained two-layer network."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import nn

from malt_core.certificates.types import CertifiedImage, CertifiedRecord, SmoothingConfig
from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import InMemoryData
from malt_core.defence_run import words
from malt_core.defence_run.proof_types import PointProof, two_layer_proof
from malt_core.defence_run.proofs import attack_smoothed, certify_over, prove_points
from malt_core.defence_run.types import DefenceConfig, Unreadable
from malt_core.theory.types import TheoryConfig

SIDE, SIGMA = 4, 0.1


class Brightness(nn.Module):
    """Light or dark: a grey picture's L2 distance to the boundary is its distance from 0.5, times 4√3."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        light = 4.0 * (x - 0.5).flatten(1).sum(1)
        return torch.stack((light, -light, light - 50, -light - 50), 1)


def grey(index: int, value: int, label: int) -> Record:
    return Record(index, f"grey {value}", label, Image.new("RGB", (SIDE, SIDE), (value,) * 3))


def test_images_are_certified_and_no_attack_breaks_what_is_certain():
    content = (grey(0, 130, 0), grey(1, 134, -1), Record(2, "broken", 0, None, "broken"), grey(3, 120, 0))
    data = InMemoryData(path="", name="grey", fingerprint="0", content=content)
    config, size = SmoothingConfig(sigma=SIGMA, samples=200), (SIDE, SIDE)
    events = list(certify_over(Brightness(), data, config, size=size))
    images = tuple(event for event in events if isinstance(event, CertifiedImage))
    assert [event.name for event in events if isinstance(event, Unreadable)] == ["broken"]
    assert [(image.label, image.certificate.answer) for image in images] == [(0, 0), (0, 0), (0, 1)]
    away = [abs(value / 255 - 0.5) * (3 * SIDE * SIDE) ** 0.5 for value in (130, 134, 120)]
    assert all(0 < image.certificate.radius <= far for image, far in zip(images, away, strict=True))
    how = {"norm": "l2", "steps": 10, "targets": 1, "candidates": 2, "draws": 10}
    within, beyond = images[0].certificate.radius / 2, 4 * away[1]
    assert (
        attack_smoothed(Brightness(), data, images, config, DefenceConfig(eps=within, **how), size=size).left
        == 2
    )
    assert (
        attack_smoothed(Brightness(), data, images, config, DefenceConfig(eps=beyond, **how), size=size).left
        == 0
    )
    record = CertifiedRecord(model="m", data="d", config=config, dimension=48, images=images)
    assert record.accuracy(0).count == 2


@pytest.mark.parametrize("width", [8, 60])
def test_points_of_a_trained_network_are_proven_in_order(width):
    config = TheoryConfig(dimension=6, subspace=2, width=width, points=6)
    events = []
    for event in prove_points(config):
        events.append(event)
        if len(events) == 3:
            break
    assert all(isinstance(event, PointProof) for event in events)
    proof = two_layer_proof(config, events)
    assert proof.ordered
    if width == 8:
        assert 0 < proof.share("interval") <= proof.share("convex") <= 1
        assert "hidden units, the interval bound proves" in words.bounds(proof)
    else:  # too large for the exact answer
        assert proof.share("convex") is None
        assert "too large" in words.bounds(proof)
