"""Two networks for the catalogue, of which one hides its gradient, for tests of what flags lead to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from torch import nn

from malt_core.attacks import second_opinion
from malt_core.models import catalogue
from malt_core.types import ModelInfo
from tests.helpers.analytic import InSteps, smooth_cnn

MODEL, PLAIN = "tests/in-steps", "tests/plain"
EPS = 12 / 255
QUERIES = 40


def _infos() -> Iterator[ModelInfo]:
    for id_, title in ((MODEL, "Sees eight steps"), (PLAIN, "Sees all")):
        yield ModelInfo(
            id=id_,
            title=title,
            dataset="none",
            size=(8, 8),
            classes=tuple(f"class {i}" for i in range(12)),
            suggested_eps=EPS,
            offline=True,
            source="tests",
            licence="MIT",
        )


def _load(info: ModelInfo, *_: object) -> nn.Module:
    network = smooth_cnn().requires_grad_(False)
    return InSteps(network) if info.id == MODEL else network


@contextmanager
def in_catalogue() -> Iterator[None]:
    """Have the catalogue hold them, and second opinions be brief."""
    with pytest.MonkeyPatch.context() as patch:
        provider = SimpleNamespace(infos=_infos, load=_load)
        patch.setattr(catalogue, "PROVIDERS", (provider, *catalogue.PROVIDERS))
        patch.setattr(second_opinion, "QUERIES", QUERIES)
        catalogue._catalogue.cache_clear()
        yield
    catalogue._catalogue.cache_clear()
