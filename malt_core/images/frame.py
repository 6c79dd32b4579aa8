"""Which part of a picture the network is to see: a frame that somebody drew. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from malt_core.errors import BadConfig
from malt_core.types import CROPS, Crop


@dataclass(frozen=True)
class Frame:
    """A part of a picture of the network's shape.

    left, width: shares of the picture's width; top: of its height; the height follows from the shape.
    """

    left: float
    top: float
    width: float

    @classmethod
    def parse(cls, text: str) -> Frame:
        """Return the frame that is written as LEFT,TOP,WIDTH. Raises BadConfig for anything else."""
        try:
            left, top, width = (float(part) for part in text.split(","))
        except ValueError:
            raise _no_frame(text) from None
        sound = all(map(math.isfinite, (left, top, width)))
        if not (sound and 0 <= left < 1 and 0 <= top < 1 and 0 < width <= 1 and left + width <= 1 + 1e-4):
            raise _no_frame(text)
        return cls(left, top, width)

    def __str__(self) -> str:
        return ",".join(f"{part:.4g}" for part in (self.left, self.top, self.width))

    def box(self, size: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return it in whole pixels (left, top, right, bottom) of a picture of that size (W, H), inside it.

        shape: (H, W) of what the network sees.
        """
        ratio = shape[0] / shape[1]
        width = min(self.width * size[0], size[0], size[1] / ratio)
        right, bottom = max(1, round(width)), max(1, min(size[1], round(width * ratio)))
        left = min(round(self.left * size[0]), size[0] - right)
        top = min(round(self.top * size[1]), size[1] - bottom)
        return left, top, left + right, top + bottom


def check_crop(crop: Crop) -> Crop:
    """Return the crop as records write it: one of CROPS or a frame. Raises BadConfig for anything else."""
    return crop if crop in CROPS else str(Frame.parse(crop))


def _no_frame(text: str) -> BadConfig:
    return BadConfig(
        f"Unknown crop {text[:60]!r}: choose {', '.join(CROPS)} or a frame LEFT,TOP,WIDTH, each a share of "
        "the picture from 0 to 1, such as 0.1,0.2,0.5."
    )
