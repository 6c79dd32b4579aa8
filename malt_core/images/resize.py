"""From a picture of any size to what a model sees. Needs no torch until a tensor is made."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
from PIL import Image

from malt_core.images.decoding import to_rgb
from malt_core.images.frame import Frame
from malt_core.images.pixels import to_tensor
from malt_core.types import Crop, Sample

_PADDING = (128, 128, 128)
_MOST_PIXELS = 1_500_000


def to_sample(image: Image.Image, size: tuple[int, int], *, crop: Crop, name: str, **about: Any) -> Sample:
    """Bring a picture to a model's resolution, in 8 bits, as `resize` does, and make it a sample.

    about: label and credit. Raises as `resize` does.
    """
    return sample_of(resize(image, size, crop=crop, name=name), name=name, **about)


def sample_of(image: Image.Image, *, name: str, label: int | None = None, credit: str = "") -> Sample:
    """Make a sample of a picture, 8-bit RGB, that has the model's resolution already."""
    x = to_tensor(np.array(image))
    return Sample(x=x, name=name, digest=pixel_digest(image), label=label, credit=credit)


def pixel_digest(image: Image.Image) -> str:
    """Return the SHA-256 of a picture's 8-bit pixels, row by row, which names it in records."""
    return hashlib.sha256(image.tobytes()).hexdigest()


def reduced(image: Image.Image) -> Image.Image:
    """Return a picture, 8-bit RGB, of at most 1.5 megapixels: the same where it has no more.

    What people choose is brought down to that before it is cut, on pages and on the command line alike, so
    that the part that matters can be chosen later without keeping a camera's whole picture in memory.
    """
    scale = math.sqrt(_MOST_PIXELS / (image.width * image.height))
    if scale >= 1:
        return image
    size = max(1, int(image.width * scale)), max(1, int(image.height * scale))
    return image.resize(size, Image.Resampling.BICUBIC)


def size_remark(image: Image.Image, size: tuple[int, int], name: str) -> str:
    """Return a sentence on a picture that has far fewer pixels than a model sees, size (H, W); or ""."""
    if image.size == (1, 1):
        return f"{name} is a single pixel: the network sees one even colour."
    if image.width * 2 > size[1] or image.height * 2 > size[0]:
        return ""
    small, large = f"{image.width} × {image.height} pixels", f"{size[1]} × {size[0]}"
    return f"{name} has only {small}: enlarged to {large} it is blurred."


def resize(image: Image.Image, size: tuple[int, int], *, crop: Crop, name: str) -> Image.Image:
    """Bring a picture to a model's resolution, in 8-bit RGB. Needs no torch.

    size: (H, W). crop: "centre" takes the largest centred part of the shape H:W; "fit" takes the whole
    picture and pads it with mid-grey, which stays nearest to the data sets' mean colour; a frame
    "LEFT,TOP,WIDTH" (see frame.Frame) takes that part. Resampling is
    antialiased bicubic, the usual one in ImageNet evaluation, without the strong halos of Lanczos; a
    picture that has the right size passes unchanged.
    Raises BadConfig for another crop.
    """
    image = to_rgb(image, name)
    if crop == "centre":
        return _centre(image, *size)
    if crop == "fit":
        return _fit(image, *size)
    part = image.crop(Frame.parse(crop).box(image.size, size))
    return part.resize((size[1], size[0]), Image.Resampling.BICUBIC)


def _centre(image: Image.Image, height: int, width: int) -> Image.Image:
    # Whole pixels, so that cutting alone does not blur.
    cut_width = max(1, min(image.width, round(image.height * width / height)))
    cut_height = max(1, min(image.height, round(image.width * height / width)))
    left, top = (image.width - cut_width) // 2, (image.height - cut_height) // 2
    part = image.crop((left, top, left + cut_width, top + cut_height))
    return part.resize((width, height), Image.Resampling.BICUBIC)


def _fit(image: Image.Image, height: int, width: int) -> Image.Image:
    scale = min(width / image.width, height / image.height)
    inner = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    canvas = Image.new("RGB", (width, height), _PADDING)
    corner = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas.paste(image.resize(inner, Image.Resampling.BICUBIC), corner)
    return canvas
