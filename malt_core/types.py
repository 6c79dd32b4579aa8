"""The words that all of malt_core speaks: norms, crops, what is known of a model, one image. Needs no torch.

Everything is frozen, so that a page can show settings and model names before torch has loaded.

Conventions: images are float32 in [0, 1], (3, H, W) or (B, 3, H, W), RGB. eps is in the same unit.
A margin to class i is m_i(x) = z_y(x) - z_i(x), in logits; the model is fooled when any m_i < 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Literal

from malt_core.errors import BadConfig

if TYPE_CHECKING:
    import torch


Norm = Literal["linf", "l2"]
Crop = str
"""How a picture becomes the network's shape: one of CROPS, or a frame "LEFT,TOP,WIDTH" (images/frame.py)."""
Defence = Literal[
    "none", "adversarial training", "defensive distillation", "gradient regularisation", "noise", "unknown"
]
NORMS: tuple[Norm, ...] = ("linf", "l2")
CROPS = ("centre", "fit")

TRAINED: dict[Defence, str] = {
    "none": "without any defence against attacks",
    "adversarial training": "on pictures that were attacked meanwhile (adversarial training)",
    "defensive distillation": "by defensive distillation, on another network's softened answers",
    "gradient regularisation": "with a penalty on steep answers (input-gradient regularisation)",
    "noise": "on pictures with Gaussian noise",
    "unknown": "in a way that we do not know",
}
"""How a network of each defence was trained, to follow "This network was trained"."""

MAX_SEED = 2**32 - 1
MAX_EOT = 1000  # draws of a network's noise


def check_count(name: str, value: int, low: int, high: int) -> None:
    """Raise BadConfig unless value is a whole number from low to high."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
        raise BadConfig(f"{name} must be a whole number from {low} to {high}, not {value!r}.", setting=name)


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """What the catalogue knows about a model without loading it.

    id: such as "autoattack/resnet18-cifar10"; title: for people; dataset: "cifar10", "cifar100",
    "imagenet", ...; size: input height and width in pixels; classes: names by index;
    suggested_eps: linf radius in [0, 1] at which an attack on this model is worth looking at;
    defence: what it was trained with against attacks, "none" for ordinary training and for what only
    helps against weather, blur and the like, "unknown" for somebody's own;
    offline: whether it loads without any download; source, licence: where it comes from;
    needs: the package that must be installed before it loads, "" where none is missing;
    megabytes: how much it has to download, None where that is not published.
    preprocessing: how its makers bring pictures of data sets to that size, see images/preprocessing.py; ""
    where its data sets have no other pictures than of that size, or nothing is known.
    """

    id: str
    title: str
    dataset: str
    size: tuple[int, int]
    classes: tuple[str, ...]
    suggested_eps: float
    offline: bool
    source: str
    licence: str
    preprocessing: str = ""
    defence: Defence = "none"
    needs: str = ""
    megabytes: int | None = None

    @property
    def robust(self) -> bool:
        """Whether it was trained by being attacked, so that near-linearity is to be expected."""
        return self.defence == "adversarial training"

    @property
    def trained(self) -> str:
        """How it was trained, to follow "This network was trained"."""
        return TRAINED[self.defence]


@dataclass(frozen=True, kw_only=True)
class NamedClass:
    """A class of the model: its index and its name."""

    index: int
    name: str


@dataclass(frozen=True, kw_only=True)
class PredictedClass(NamedClass):
    """A class that the model predicts. confidence: its softmax, 0 to 1."""

    confidence: float


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One image as the model sees it.

    x: (3, H, W) float32 in [0, 1], every value a multiple of 1/255 unless it came as an array.
    label: the class index to attack, or None for the model's own prediction.
    name: for people ("cat", "holiday.jpg"); digest: SHA-256 of the 8-bit pixels. credit: author and licence,
    "" where they are not known.
    """

    x: torch.Tensor
    name: str
    digest: str
    label: int | None = None
    credit: str = ""
