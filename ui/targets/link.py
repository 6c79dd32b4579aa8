"""The settings of the Targets page: the record that its widgets and its address hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from malt_core.attacks.types import AttackConfig
from malt_core.images.gallery import DEFAULT_PHOTO
from malt_core.types import Crop
from ui.address.common import CommonSettings
from ui.address.parameters import Choice, Count, setting
from ui.pictures.crop_frame import PART
from ui.pictures.photo import PHOTO, OnePhoto
from ui.pictures.picture import UPLOAD

View = Literal["classes", "two", "many"]
VIEWS: dict[View, str] = {"classes": "Every class", "two": "Two attacks", "many": "Many images"}
# There, MALT's first class is within reach, and the likeliest is not.
OPENING_MODEL, OPENING_PHOTO, OPENING_EPS = "tiny-imagenet/robust", "espresso", 15.0
MOST_IMAGES = 200  # of many; the command line takes any number

VIEW = Choice(
    label="What to look at", choices=tuple(VIEWS), titles=lambda view: VIEWS[view], noun="part", few=True
)
MEASURED = Count(
    label="Classes to measure",
    low=3,
    high=30,
    help="To how many wrong classes the true distance is searched. Each takes some thirty steps of an "
    "attack.",
)
WHICH = Choice(
    label="Which classes",
    choices=("likeliest", "nearest"),
    titles={"likeliest": "The likeliest", "nearest": "The nearest by MALT's score"},
    few=True,
    help="Whose true distance is searched: the wrong classes that the network finds likeliest, or those that "
    "MALT's score puts nearest.",
)
STEPS = Count(
    label="Steps towards each class",
    low=1,
    high=200,
    step=5,
    help="How many steps of the attack (APGD) each class gets, in “Two attacks” and in “Many images”.",
)
SOURCE = Choice(
    label="Images",
    choices=("gallery", UPLOAD),
    titles={"gallery": "The gallery's photographs", UPLOAD: "A file of yours (ZIP or parquet)"},
    name="images",
    few=True,
    help="Which images “Many images” goes through: the photographs of the gallery whose right class is "
    "known in "
    "the network's words, or a file of yours.",
)
COUNT = Count(
    label="How many images",
    low=1,
    high=MOST_IMAGES,
    step=10,
    help="How many images are taken, from the first.",
)


@dataclass(frozen=True, kw_only=True)
class TargetsSettings(OnePhoto, CommonSettings):
    """view: which part of the page is shown. photo: see OnePhoto. measured, which: the classes whose true
    distance is searched. steps: of APGD in the other two views. source, n: the images of "many".
    """

    page: ClassVar[str] = "targets"

    view: View = setting(VIEW, "classes")
    photo: str = setting(PHOTO, DEFAULT_PHOTO)
    crop: Crop = setting(PART, "centre")
    measured: int = setting(MEASURED, 9)
    which: str = setting(WHICH, "likeliest")
    steps: int = setting(STEPS, 20)
    source: str = setting(SOURCE, "gallery")
    n: int = setting(COUNT, 40)

    @classmethod
    def opening(cls) -> Self:
        """What the page opens with: the network on which the straight line is worth most."""
        return cls(model=OPENING_MODEL, photo=OPENING_PHOTO, eps=OPENING_EPS)

    @property
    def config(self) -> AttackConfig:
        """The same for malt_core, as "many" uses it. Raises BadConfig where a value is out of range."""
        return AttackConfig(
            norm=self.norm, eps=self.epsilon.value, n_iter=self.steps, seed=self.seed, faithful=True
        )

    @property
    def shareable(self) -> bool:
        """Whether a link can hold the pictures."""
        return self.source != UPLOAD if self.view == "many" else super().shareable
