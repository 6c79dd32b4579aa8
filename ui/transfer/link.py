"""The settings of the Transfer page: the record that its widgets and its address hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from malt_core.images.gallery import DEFAULT_PHOTO
from malt_core.models.catalogue import DEFAULT_MODEL, list_models, model_info
from malt_core.models.weights.present import is_present
from malt_core.transfer.types import COMPARISONS, MOST_NETWORKS, N_ITER, TransferConfig
from malt_core.transfer.words import short
from malt_core.types import Crop, Norm
from ui.address.common import EPS, MODEL, CommonSettings
from ui.address.parameters import Choice, Count, Several, Values, setting
from ui.pictures.crop_frame import PART
from ui.pictures.photo import PHOTO, OnePhoto
from ui.pictures.picture import UPLOAD

FIRST, ROBUST = "tiny-imagenet/standard", "tiny-imagenet/robust"
MOST_IMAGES = 200  # of many; the command line takes any number


def present() -> tuple[str, ...]:
    """The networks that are on this computer: bundled ones, and what was downloaded before the app began."""
    return tuple(info.id for info in list_models() if is_present(info))


def _name(model: str) -> str:
    return f"{short(model)} ({model_info(model).size[0]} pixels)"


@dataclass(frozen=True, kw_only=True)
class Beside(Several):
    """Other networks; which ones at first depends on the network."""

    depends: tuple[str, ...] = ("model",)

    def default(self, before: Values) -> tuple[str, ...]:
        tiny = model_info(before["model"]).dataset in ("tiny-imagenet", "imagenet")
        return self.in_order((FIRST, ROBUST, DEFAULT_MODEL)) if tiny else ()


BESIDE = Beside(
    label="With these networks",
    choices=present,
    titles=_name,
    noun="network",
    help="Adversarial images are made on each of the networks and tried on each. They must know common "
    "classes: all of Tiny-ImageNet and ImageNet do, by WordNet id. What was downloaded stands here, too, "
    "once the app is started again.",
)
SOURCE = Choice(
    label="Images",
    choices=("photo", "gallery", UPLOAD),
    titles={
        "photo": "One picture",
        "gallery": "The gallery's photographs",
        UPLOAD: "A file of yours (ZIP or parquet)",
    },
    name="images",
    few=True,
    help="One picture, or many: only many tell how often images travel.",
)
COUNT = Count(
    label="How many images",
    low=1,
    high=MOST_IMAGES,
    step=10,
    help="How many images are taken, from the first.",
)
STEPS = Count(
    label="Steps",
    low=1,
    high=200,
    step=10,
    help="How many steps of ε/10 each attack takes. It takes them all: an image that has just crossed one "
    "network's boundary hardly fools another.",
)
COMPARE = Choice(
    label="Compare ways to make images",
    choices=("yes", "no"),
    titles={"yes": "Yes", "no": "No: three to five times as fast"},
    few=True,
    help="MALT's target against the likeliest wrong class, momentum against plain steps, and the mean of "
    "several networks against one.",
)
ONLY_LINF = Choice(label="Norm", choices=("linf",), titles={"linf": "L∞: every pixel"})


@dataclass(frozen=True, kw_only=True)
class TransferSettings(OnePhoto, CommonSettings):
    """model, beside: the networks, each a row and a column. source: the images; photo, crop: of "photo"; n:
    how many of the others. steps: of each attack. compare: whether other ways to make images are tried.
    """

    page: ClassVar[str] = "transfer"

    model: str = setting(MODEL, FIRST)
    beside: tuple[str, ...] = setting(BESIDE)
    norm: Norm = setting(ONLY_LINF, "linf")
    eps: float = setting(EPS, 4.0)
    source: Literal["photo", "gallery", "upload"] = setting(SOURCE, "gallery")
    photo: str = setting(PHOTO, DEFAULT_PHOTO)
    crop: Crop = setting(PART, "centre")
    n: int = setting(COUNT, 40)
    steps: int = setting(STEPS, N_ITER)
    compare: Literal["yes", "no"] = setting(COMPARE, "yes")

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks, each once, in order."""
        return tuple(dict.fromkeys((self.model, *self.beside)))[:MOST_NETWORKS]

    @property
    def config(self) -> TransferConfig:
        """The same for malt_core. Raises BadConfig where a value is out of range."""
        return TransferConfig(
            rows=self.networks,
            columns=self.networks,
            eps=self.epsilon.value,
            n_iter=self.steps,
            seed=self.seed,
            compare=COMPARISONS if self.compare == "yes" else (),
        )

    @property
    def shareable(self) -> bool:
        """Whether a link can hold the pictures."""
        return super().shareable if self.source == "photo" else self.source != UPLOAD
