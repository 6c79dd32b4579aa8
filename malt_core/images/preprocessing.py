"""How the makers of a network bring pictures of any size to its own, by RobustBench's names. Needs no torch.

A name says all: "Res256Crop224" brings the shorter side to 256 pixels and cuts out the centre, 224 × 224;
"Crop288" cuts without resizing; "Res224" brings the whole picture to 224 × 224, whatever its shape; each
resizes bilinearly unless "Bicubic" stands before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from PIL import Image

from malt_core.errors import BadConfig

CENTRE = "centre"
"""What is done where the makers say nothing: see `resize.resize`."""
_NAME = re.compile(r"(Bicubic)?(?:Res(\d+))?(?:Crop(\d+))?")


@dataclass(frozen=True)
class Preprocessing:
    """The steps, None where there is no such one.

    resize: pixels of the shorter side or, without a crop, of both sides; crop: of both sides.
    """

    resize: int | None
    crop: int | None
    bicubic: bool

    @classmethod
    def named(cls, name: str) -> Preprocessing:
        """Return the one of that name. Raises BadConfig for a text that is no name."""
        found = _NAME.fullmatch(name)
        resize, crop = (int(n) if n else None for n in found.groups()[1:]) if found else (None, None)
        if not (resize or crop):
            raise BadConfig(f"Unknown preprocessing {name!r}: expected a name such as Res256Crop224.")
        return cls(resize, crop, found[1] is not None)

    @property
    def size(self) -> int:
        """Pixels of each side of what comes out."""
        return self.crop or self.resize

    def __call__(self, image: Image.Image) -> Image.Image:
        """Return the picture, 8-bit RGB, as torchvision's Resize and CenterCrop leave it, pixel by pixel."""
        if self.resize:
            image = self._resized(image)
        return image if self.crop is None else _centre(image, self.crop)

    def _resized(self, image: Image.Image) -> Image.Image:
        width, height = image.size
        short = min(width, height)
        if self.crop is None:
            new = self.resize, self.resize
        else:  # torchvision cuts off what is left over of the longer side
            new = int(self.resize * width / short), int(self.resize * height / short)
        resample = Image.Resampling.BICUBIC if self.bicubic else Image.Resampling.BILINEAR
        return image if new == image.size else image.resize(new, resample)

    @property
    def words(self) -> str:
        """What is done, for people."""
        how = "bicubic" if self.bicubic else "bilinear"
        if self.crop is None:
            return f"the whole picture to {self.resize} × {self.resize} pixels ({how}), whatever its shape"
        cut = f"the centre of {self.crop} × {self.crop} pixels"
        if self.resize is None:
            return f"{cut}, without resizing"
        return f"the shorter side to {self.resize} pixels ({how}), then {cut}"


def _centre(image: Image.Image, side: int) -> Image.Image:
    width, height = image.size
    if width < side or height < side:  # black bars, of which the odd pixel goes right and below
        canvas = Image.new("RGB", (max(side, width), max(side, height)))
        canvas.paste(image, (max(0, side - width) // 2, max(0, side - height) // 2))
        image, (width, height) = canvas, canvas.size
    left, top = round((width - side) / 2), round((height - side) / 2)
    return image.crop((left, top, left + side, top + side))


def words(name: str) -> str:
    """Return what the preprocessing of that name does, for people. Raises BadConfig for another name."""
    if name == CENTRE:
        return "the largest centred part of the model's shape, resized (bicubic)"
    return Preprocessing.named(name).words
