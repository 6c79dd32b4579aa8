"""The settings of the Defences page: the record that its widgets and its address hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from malt_core.certificates.types import SmoothingConfig
from malt_core.defence_run.contestants import QUICK, ROWS, UNDEFENDED, rows_for
from malt_core.defence_run.proof_types import SIGMA
from malt_core.defence_run.types import DefenceConfig
from malt_core.images.gallery import DEFAULT_PHOTO
from malt_core.types import Crop
from ui.address.common import MODEL, CommonSettings
from ui.address.parameters import Choice, Count, Several, setting
from ui.pictures.crop_frame import PART
from ui.pictures.photo import PHOTO, OnePhoto
from ui.pictures.picture import UPLOAD

View = Literal["columns", "proofs"]
VIEWS: dict[View, str] = {"columns": "Three columns", "proofs": "What is proven"}
OPENING_EPS = 4.0
MOST_IMAGES = 200  # the command line takes any number

VIEW = Choice(
    label="What to look at", choices=tuple(VIEWS), titles=lambda view: VIEWS[view], noun="part", few=True
)
DEFENCES = Several(
    label="Defences",
    choices=tuple(ROWS),
    titles=ROWS,
    noun="defence",
    help="Which defences stand beside the undefended network. Those that were trained into a network are "
    "there for Tiny-ImageNet's only; the others stand around a network. Randomised smoothing "
    "asks the network a hundred times for each answer, and takes as long.",
)
SOURCE = Choice(
    label="Images",
    choices=("gallery", "one", UPLOAD),
    titles={
        "gallery": "The gallery's photographs",
        "one": "One picture",
        UPLOAD: "A file of yours (ZIP or parquet)",
    },
    name="images",
    few=True,
    help="What goes through all rows. Of photographs without a label in the network's words, what the "
    "undefended network says of them counts as right.",
)
COUNT = Count(label="How many images", low=1, high=MOST_IMAGES, step=10, help="So many, from the first.")
STEPS = Count(
    label="Steps of each attack",
    low=1,
    high=200,
    step=10,
    help="Of PGD on the undefended network, and of MALT on a row, towards each class that it aims at.",
)
TARGETS = Count(
    label="Targets",
    low=1,
    high=9,
    help="How many wrong classes MALT aims at, in its order.",
)
DRAWS = Count(
    label="Draws of what is random",
    low=1,
    high=100,
    step=5,
    help="A defence that rolls dice is attacked by the average of so many draws.",
)
SAMPLES = Count(
    label="Samples that certify",
    low=100,
    high=10_000,
    step=1000,
    help="Noisy copies of each picture that say how often its class comes. Ten times as many certify a "
    "little more, and take ten times as long.",
)
SECONDS = Count(
    label="Seconds to go on for",
    low=10,
    high=3600,
    step=30,
    help="It ends by itself after so long, with as many images as all rows have been through by then.",
)


@dataclass(frozen=True, kw_only=True)
class DefencesSettings(OnePhoto, CommonSettings):
    """model: the undefended network. defences: by their names in ROWS. source, photo, n: the images.

    steps, targets, draws: see DefenceConfig. samples: see SmoothingConfig. seconds: until it ends by itself.
    """

    page: ClassVar[str] = "defences"

    model: str = setting(MODEL, UNDEFENDED)
    view: View = setting(VIEW, "columns")
    source: str = setting(SOURCE, "gallery")
    photo: str = setting(PHOTO, DEFAULT_PHOTO)
    crop: Crop = setting(PART, "centre")
    n: int = setting(COUNT, 40)
    defences: tuple[str, ...] = setting(DEFENCES, QUICK)
    steps: int = setting(STEPS, DefenceConfig.steps)
    targets: int = setting(TARGETS, DefenceConfig.targets)
    draws: int = setting(DRAWS, DefenceConfig.draws)
    samples: int = setting(SAMPLES, SmoothingConfig.samples)
    seconds: int = setting(SECONDS, 60)

    @classmethod
    def opening(cls) -> Self:
        """What the page opens with: the radius of the self-study that stands beside."""
        return cls(eps=OPENING_EPS)

    @property
    def config(self) -> DefenceConfig:
        """The same for malt_core. Raises BadConfig where a value is out of range."""
        return DefenceConfig(
            norm=self.norm,
            eps=self.epsilon.value,
            steps=self.steps,
            targets=self.targets,
            draws=self.draws,
            seed=self.seed,
        )

    @property
    def smoothing(self) -> SmoothingConfig:
        """How to certify."""
        return SmoothingConfig(sigma=SIGMA, samples=self.samples, seed=self.seed)

    @property
    def rows(self) -> list[str]:
        """The ids of the rows, the undefended network first."""
        return rows_for(self.model, self.defences)

    @property
    def shareable(self) -> bool:
        """Whether a link can hold the pictures."""
        return super().shareable if self.source == "one" else self.source != UPLOAD
