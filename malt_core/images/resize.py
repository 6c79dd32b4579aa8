"""From a picture of any size to what a model sees. Needs no torch until a tensor is made."""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image

from malt_core.errors import BadConfig
from malt_core.images.decoding import to_rgb
from malt_core.images.pixels import to_tensor
from malt_core.types import CROPS, Crop, Sample

_PADDING = (128, 128, 128)


def to_sample(
    image: Image.Image, size: tuple[int, int], *, crop: Crop, name: str, label: int | None = None
) -> Sample:
    """Bring a picture to a model's resolution, in 8 bits, as `resize` does, and make it a sample.

    Raises as `resize` does.
    """
    return sample_of(resize(image, size, crop=crop, name=name), name=name, label=label)


def sample_of(image: Image.Image, *, name: str, label: int | None = None) -> Sample:
    """Make a sample of a picture, 8-bit RGB, that has the model's resolution already."""
    return Sample(x=to_tensor(np.array(image)), name=name, digest=pixel_digest(image), label=label)


def pixel_digest(image: Image.Image) -> str:
    """Return the SHA-256 of a picture's 8-bit pixels, row by row, which names it in records."""
    return hashlib.sha256(image.tobytes()).hexdigest()


def resize(image: Image.Image, size: tuple[int, int], *, crop: Crop, name: str) -> Image.Image:
    """Bring a picture to a model's resolution, in 8-bit RGB. Needs no torch.

    size: (H, W). crop: "centre" takes the largest centred part of the shape H:W; "fit" takes the whole
    picture and pads it with mid-grey, which stays nearest to the data sets' mean colour. Resampling is
    antialiased bicubic, the usual one in ImageNet evaluation, without the strong halos of Lanczos; a
    picture that has the right size passes unchanged.
    Raises BadConfig for another crop.
    """
    if crop not in CROPS:
        raise BadConfig(f"Unknown crop {crop!r}: choose centre or fit.")
    cut = _centre if crop == "centre" else _fit
    return cut(to_rgb(image, name), *size)


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
