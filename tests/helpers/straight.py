"""A small network with a name, as explanations of straightness need one, and what they find of it."""

from __future__ import annotations

from functools import cache

from torch import nn

from malt_core.explanations.straightness import straightness
from malt_core.explanations.straightness_types import Doing, Straightness
from malt_core.models.loaders import Model
from malt_core.types import ModelInfo, Norm
from tests.helpers import analytic

NAMES = tuple(f"class {i}" for i in range(12))
EPS = 8 / 255


def named(network: nn.Module, id: str = "test/small") -> Model:
    """The network of 8 x 8 pixels as one of the catalogue."""
    info = ModelInfo(
        id=id,
        title="Small",
        dataset="none",
        size=(8, 8),
        classes=NAMES,
        suggested_eps=EPS,
        offline=True,
        source="",
        licence="",
    )
    return Model(info, network)


@cache
def events(norm: Norm = "linf") -> tuple[Straightness | Doing, ...]:
    """All that is told of a smooth network around one image, with one other for the drift."""
    first, other = (analytic.sample(x) for x in analytic.images(2, seed=3))
    return tuple(straightness(named(analytic.smooth_cnn()), first, [other], eps=EPS, norm=norm))


def found() -> Straightness:
    """The last of them: all that was found."""
    return [event for event in events() if isinstance(event, Straightness)][-1]
