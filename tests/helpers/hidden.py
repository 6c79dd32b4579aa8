"""A network of the catalogue that hides its gradient, for tests of what flags lead to: none that comes along
does.
"""

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

MODEL = "tests/in-steps"
EPS = 12 / 255
QUERIES = 40


def network(*_: object) -> nn.Module:
    """A small network that sees its input in eight steps."""
    return InSteps(smooth_cnn()).requires_grad_(False)


def _infos() -> Iterator[ModelInfo]:
    yield ModelInfo(
        id=MODEL,
        title="In steps, a network of the tests",
        dataset="none",
        size=(8, 8),
        classes=tuple(f"class {i}" for i in range(12)),
        suggested_eps=EPS,
        offline=True,
        source="tests",
        licence="MIT",
    )


@contextmanager
def in_catalogue() -> Iterator[None]:
    """Have the catalogue hold it, and second opinions be brief."""
    with pytest.MonkeyPatch.context() as patch:
        provider = SimpleNamespace(infos=_infos, load=network)
        patch.setattr(catalogue, "PROVIDERS", (provider, *catalogue.PROVIDERS))
        patch.setattr(second_opinion, "QUERIES", QUERIES)
        catalogue._catalogue.cache_clear()
        yield
    catalogue._catalogue.cache_clear()
