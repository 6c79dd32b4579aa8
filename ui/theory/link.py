"""The settings of the Theory page: the record that its widgets and its address hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from malt_core.images.gallery import DEFAULT_PHOTO, find_photo, gallery
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.theory.types import (
    DATA,
    MOST_DECAY,
    MOST_DIMENSIONS,
    MOST_POINTS,
    MOST_SCALE,
    MOST_WIDTH,
    Data,
    T,
    TheoryConfig,
)
from malt_core.types import MAX_SEED
from ui.address.common import MODEL
from ui.address.parameters import Choice, Count, Number, PageSettings, setting
from ui.pictures.picture import RETIRED_PHOTOS

View = Literal["off", "straight", "size", "cures", "deep", "papers"]
VIEWS: dict[View, str] = {
    "off": "Off the data",
    "straight": "How straight?",
    "size": "Dimension and width",
    "cures": "Two cures",
    "deep": "Deep networks",
    "papers": "What the papers say",
}

VIEW = Choice(
    label="What to look at", choices=tuple(VIEWS), titles=lambda view: VIEWS[view], noun="part", few=True
)
SOURCE = Choice(
    label="Data",
    choices=DATA,
    titles={"synthetic": "Synthetic: four clusters", "digits": "Handwritten digits, even or odd"},
    few=True,
    help="Synthetic: points around four centres on the subspace, the ends of one axis in one class, those of "
    "another in the other. Digits: scikit-learn's, of 8 × 8 pixels, brought to a subspace by their principal "
    "components and placed in an input of the dimension below.",
)
DIMENSION = Count(
    label="Dimension of the input, d",
    low=2,
    high=MOST_DIMENSIONS,
    step=10,
    help="How many numbers the network gets for each point. Points are about as long as the root of it.",
)
SUBSPACE = Count(
    label="Dimension of the data",
    low=1,
    high=MOST_DIMENSIONS - 1,
    help="The data lie on a linear subspace of so many dimensions. All other directions lead off the data.",
)
WIDTH = Count(
    label="Width: hidden units",
    low=2,
    high=MOST_WIDTH,
    step=50,
    help="How many hidden units the network has, each a ReLU.",
)
POINTS = Count(
    label="Training points", low=4, high=MOST_POINTS, step=20, help="How many points it is trained on."
)
SCALE = Number(
    label="Initial scale",
    low=0.05,
    high=MOST_SCALE,
    step=0.1,
    help="The weights begin this many times as large as is usual: 1 over the root of what comes in.",
)
DECAY = Number(
    label="Weight decay",
    low=0.0,
    high=MOST_DECAY,
    step=0.001,
    help="Each step of training makes all weights smaller by a share that grows with this number. Above 0, "
    "training goes on until the loss stands still.",
)
STEP = Number(
    label="Length of the step",
    low=T[1],
    high=T[-1],
    step=T[1],
    help="How far to step off the data, in distances to the boundary: 1 is where the answer changes. It "
    "changes what is said of the result, and trains nothing anew.",
)
SEED = Count(
    label="Seed",
    low=0,
    high=MAX_SEED,
    help="Data and first weights are random; the same number gives the same ones again. The sweeps take five "
    "seeds from this one on.",
)
PHOTO = Choice(
    label="Photograph",
    choices=lambda: [photo.id for photo in gallery()],
    titles=lambda photo: find_photo(photo).title,
    retired=RETIRED_PHOTOS,
    help="The photograph to step from, at the network's resolution.",
)


@dataclass(frozen=True, kw_only=True)
class TheorySettings(PageSettings):
    """model, photo: of the deep network that is measured. step: one of T. The rest is as in TheoryConfig."""

    page: ClassVar[str] = "theory"

    model: str = setting(MODEL, DEFAULT_MODEL)
    photo: str = setting(PHOTO, DEFAULT_PHOTO)
    data: Data = setting(SOURCE, TheoryConfig.data)
    dimension: int = setting(DIMENSION, TheoryConfig.dimension)
    subspace: int = setting(SUBSPACE, TheoryConfig.subspace)
    width: int = setting(WIDTH, TheoryConfig.width)
    points: int = setting(POINTS, TheoryConfig.points)
    scale: float = setting(SCALE, TheoryConfig.scale)
    decay: float = setting(DECAY, TheoryConfig.decay)
    step: float = setting(STEP, 1.0)
    seed: int = setting(SEED, TheoryConfig.seed)
    view: View = setting(VIEW, "off")

    @property
    def config(self) -> TheoryConfig:
        """The same for malt_core. Raises BadConfig where the settings do not go together."""
        return TheoryConfig(
            data=self.data,
            dimension=self.dimension,
            subspace=self.subspace,
            width=self.width,
            points=self.points,
            scale=self.scale,
            decay=self.decay,
            seed=self.seed,
        )

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.photo,)

    def with_pictures(self, pictures: Sequence[str]) -> Self:
        """Takes one photograph of the gallery."""
        if len(pictures) == 1 and pictures[0] in PHOTO.options:
            return replace(self, photo=pictures[0])
        return self
