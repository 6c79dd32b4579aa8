"""From a picture to what a model sees, and from there to pixels and PNG files.

Images are float32 tensors in [0, 1], (3, H, W), RGB. What people look at and save is 8-bit, so every
image that enters here is a multiple of 1/255, and writing it as PNG and reading it back changes nothing.
Torch is imported inside the functions that need it: a page decodes thumbnails before torch has loaded.
"""

from __future__ import annotations

import hashlib
import io
import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from malt_core.decoding import decode, to_rgb
from malt_core.errors import BadConfig, BadImage
from malt_core.types import CROPS, Crop, Sample

if TYPE_CHECKING:
    import torch

__all__ = [
    "check_batch",
    "decode",
    "perturbation_image",
    "png_bytes",
    "read_png",
    "resize",
    "suggested_amplification",
    "to_pixels",
    "to_sample",
]

_PADDING = (128, 128, 128)


def to_sample(
    image: Image.Image, size: tuple[int, int], *, crop: Crop, name: str, label: int | None = None
) -> Sample:
    """Bring a picture to a model's resolution, in 8 bits, as `resize` does, and make it a sample.

    Raises as `resize` does.
    """
    pixels = np.array(resize(image, size, crop=crop, name=name))
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Sample(x=_tensor(pixels), name=name, digest=digest, label=label)


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


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    """(H, W, 3) uint8 to (3, H, W) float32, k to k/255 rounded to the nearest float."""
    import torch

    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous().to(torch.float32) / 255


def to_pixels(x: torch.Tensor) -> np.ndarray:
    """(3, H, W) in [0, 1] to (H, W, 3) uint8, rounded to the nearest; values outside are clipped."""
    import torch

    levels = x.detach().to("cpu", torch.float32).clamp(0, 1).mul(255).round()
    return levels.to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def png_bytes(x: torch.Tensor) -> bytes:
    """A PNG file of x, (3, H, W) in [0, 1], rounded to 8 bits."""
    buffer = io.BytesIO()
    Image.fromarray(to_pixels(x)).save(buffer, "PNG")
    return buffer.getvalue()


def read_png(data: bytes) -> torch.Tensor:
    """The (3, H, W) float32 image in [0, 1] that `png_bytes` wrote, exactly. Raises as `decode` does."""
    return _tensor(np.array(decode(data, "the PNG file")))


def perturbation_image(x0: torch.Tensor, x_adv: torch.Tensor, amplification: float) -> torch.Tensor:
    """The signed change from x0 to x_adv, both (3, H, W) in [0, 1], as a picture (3, H, W) in [0, 1].

    Mid-grey is no change, brighter is more of a colour, darker is less; `amplification` times as strong as
    it is. Print the factor beside the picture.
    """
    return (0.5 + amplification * (x_adv - x0)).clamp(0, 1)


def suggested_amplification(x0: torch.Tensor, x_adv: torch.Tensor) -> float:
    """The largest power of two by which `perturbation_image` can amplify and stay in the range of colours.

    1.0 where nothing changed, 0.5 where a pixel moved by more than half the range.
    """
    largest = float((x_adv - x0).abs().max())
    # 128.5/255 rather than 1/2: a change of 8/255 times 16 is one 8-bit level too much, which nobody sees.
    return 2.0 ** math.floor(math.log2(128.5 / 255 / largest)) if largest > 0 else 1.0


def check_batch(x: torch.Tensor | np.ndarray) -> torch.Tensor:
    """A batch of images given through Python, (B, C, H, W) in [0, 1] with any number of channels, as float32.

    A tensor stays on its device, cut from its graph; a numpy array is copied.
    Raises BadImage for anything else: integers, another number of dimensions, an empty batch, channels
    last, NaN or infinite values, values outside [0, 1].
    """
    import torch

    if not isinstance(x, (torch.Tensor, np.ndarray)):
        raise BadImage(f"Images must be a torch tensor or a numpy array, not {type(x).__name__}.")
    in_numpy = isinstance(x, np.ndarray)
    if not (x.dtype.kind == "f" if in_numpy else x.dtype.is_floating_point):
        raise BadImage(f"Images must be floats from 0 to 1, not {x.dtype}. Divide 8-bit pixels by 255.")
    _check_layout(tuple(x.shape))
    x = torch.from_numpy(x.astype(np.float64, order="C")) if in_numpy else x.detach()
    x = x.float()
    low, high = (extreme.item() for extreme in x.aminmax())  # NaN if there is any
    if not (math.isfinite(low) and math.isfinite(high)):
        raise BadImage("The images contain NaN or infinite values; expected numbers from 0 to 1.")
    if low < 0 or high > 1:
        raise BadImage(
            f"Image values run from {low:.4g} to {high:.4g}; expected 0 to 1. {_range_hint(low, high)}"
        )
    return x


def _check_layout(shape: tuple[int, ...]) -> None:
    if len(shape) != 4:
        hint = " For one image give x[None]." if len(shape) == 3 else ""
        raise BadImage(f"Images must have the shape (batch, channels, height, width), not {shape}.{hint}")
    if 0 in shape:
        raise BadImage(f"The batch of shape {shape} holds no pixels: give at least one image.")
    channels, height, width = shape[1:]
    if width == 3 and channels > 4 and height > 4:
        raise BadImage(
            f"The shape {shape} looks like (batch, height, width, channels); expected (batch, channels, "
            "height, width): give x.permute(0, 3, 1, 2), or x.transpose(0, 3, 1, 2) in numpy."
        )


def _range_hint(low: float, high: float) -> str:
    if low > -0.01 and high < 1.01:
        return "Clip them: x.clip(0, 1)."
    if low < 0:
        return (
            "If they are normalised by mean and standard deviation, undo that and normalise inside the model."
        )
    return "If they are 8-bit pixels, divide by 255." if high <= 255 else "Scale them to 0 to 1."
