"""The settings of the Linearity page: the record that its widgets and its address hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from malt_core.images.gallery import DEFAULT_PHOTO
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.types import Crop
from ui.address.common import MODEL, CommonSettings
from ui.address.parameters import Choice, setting
from ui.pictures.crop_frame import PART
from ui.pictures.photo import PHOTO, OnePhoto

ROBUST = "tiny-imagenet/robust"
COMPARED = (DEFAULT_MODEL, "tiny-imagenet/standard", ROBUST)
"""The networks that stand next to each other: undefended at 224 pixels, undefended and robust at 64."""

BESIDE = Choice(
    label="Next to each other",
    choices=("three", "one"),
    titles={"three": "With the bundled networks", "one": "This network only"},
    few=True,
    help="Three networks on the same picture and with the same ε: undefended at 224 and at 64 pixels, and "
    "robust. The one that you chose is measured first.",
)


@dataclass(frozen=True, kw_only=True)
class LinearitySettings(OnePhoto, CommonSettings):
    """photo: see OnePhoto. beside: "three" for COMPARED after the model, "one" for the model alone."""

    page: ClassVar[str] = "linearity"

    model: str = setting(MODEL, ROBUST)
    photo: str = setting(PHOTO, DEFAULT_PHOTO)
    crop: Crop = setting(PART, "centre")
    beside: str = setting(BESIDE, "three")

    @property
    def models(self) -> tuple[str, ...]:
        """The networks to measure, each once, in order."""
        return tuple(dict.fromkeys((self.model, *(COMPARED if self.beside == "three" else ()))))
