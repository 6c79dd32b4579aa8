"""Random crops, flips and light colour changes, a batch at a time, each batch from its own generator.

Everything happens where the images are: on a GPU, only the crop sizes come from the processor.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

GROUP = 64  # images that share a crop size, so that one resize serves them all


@dataclass(frozen=True)
class Augmentation:
    """min_side, max_side: of the square crop, as a share of the image's side (over 1 reflects the border).

    brightness, contrast: half-width of the uniform change, in [0, 1] pixel units and as a factor.
    """

    min_side: float
    max_side: float = 1.06
    brightness: float = 0.1
    contrast: float = 0.2


def augment(pixels: Tensor, size: int, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, size, size) float32 in [0, 1], channels_last, on one device."""
    sides = torch.Generator().manual_seed(generator.initial_seed())  # known without waiting for a GPU
    parts = [
        _augment_group(pixels[i : i + GROUP], size, settings, generator, sides)
        for i in range(0, len(pixels), GROUP)
    ]
    return torch.cat(parts).contiguous(memory_format=torch.channels_last)


def _augment_group(
    pixels: Tensor, size: int, settings: Augmentation, generator: torch.Generator, sides: torch.Generator
) -> Tensor:
    n, full = pixels.shape[:2]
    device = pixels.device

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator, device=device)

    share = torch.rand((), generator=sides).item()
    side = round(full * (settings.min_side + (settings.max_side - settings.min_side) * share))
    margin = max(side - full, full // 16)
    span = full + 2 * margin - side + 1
    top, left = torch.randint(0, span, (2, n, 1), generator=generator, device=device) - margin
    steps = torch.arange(side, device=device)
    flip = torch.rand((n, 1), generator=generator, device=device) < 0.5
    rows = _reflect(top + steps, full)
    columns = _reflect(left + torch.where(flip, side - 1 - steps, steps), full)
    x = pixels[torch.arange(n, device=device)[:, None, None], rows[:, :, None], columns[:, None, :]]
    x = x.permute(0, 3, 1, 2).float() / 255
    if side != size:
        x = F.interpolate(x, (size, size), mode="bilinear", antialias=True, align_corners=False)
    contrast = uniform(1 - settings.contrast, 1 + settings.contrast, n, 1, 1, 1)
    brightness = uniform(-settings.brightness, settings.brightness, n, 1, 1, 1)
    return ((x - 0.5) * contrast + 0.5 + brightness).clamp_(0, 1)


def cutmix(x: Tensor, target: Tensor, share: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Paste a box of another image over each of `share` of the images (Yun et al. 2019, arXiv 1905.04899).

    x: (B, 3, H, W); target: (B, K) probabilities, mixed by area. Size and place of the box are random.
    """
    n, _, height, width = x.shape

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=x.device)

    chosen = uniform(n, 1) < share
    half = uniform(n, 1).sqrt() / 2 * chosen  # of the box's side, as a share of the image's
    rows = (torch.arange(height, device=x.device) + 0.5) / height - uniform(n, 1)
    columns = (torch.arange(width, device=x.device) + 0.5) / width - uniform(n, 1)
    box = (rows.abs() < half)[:, :, None] & (columns.abs() < half)[:, None, :]
    area = box.float().mean((1, 2))[:, None]
    mixed = torch.where(box[:, None], x.flip(0), x).contiguous(memory_format=torch.channels_last)
    return mixed, (1 - area) * target + area * target.flip(0)


def _reflect(index: Tensor, full: int) -> Tensor:
    """Fold indices outside 0 .. full-1 back, as a mirror at the border would."""
    index = index.abs()
    return full - 1 - (full - 1 - index).abs()


def to_batch(pixels: Tensor) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, S, S) float32 in [0, 1], channels_last, unchanged otherwise."""
    return (pixels.permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last)
