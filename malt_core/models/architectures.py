"""The one architecture of the bundled models, so that only the defence differs between them.

A pre-activation residual network (He et al. 2016, arXiv 1603.05027) with SiLU instead of ReLU: smooth
activations help adversarial training (Xie et al. 2020, arXiv 2006.14536). Two stride-2 convolutions bring
64x64 images to 16x16 before the first block, which keeps a forward pass at 0.25 GMAC.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Mean and standard deviation of Tiny-ImageNet's training pixels, RGB in [0, 1].
MEAN = (0.480, 0.448, 0.398)
STD = (0.277, 0.269, 0.282)


class Normalise(nn.Module):
    """(x - mean) / std by channel, for x of shape (B, C, H, W) and C values each of mean and std."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std


class PreActBlock(nn.Module):
    """Norm, SiLU, convolution, twice, plus the input; `stride` 2 halves height and width."""

    def __init__(self, width_in: int, width_out: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(width_in)
        self.conv1 = nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width_out)
        self.conv2 = nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False)
        same = width_in == width_out and stride == 1
        self.shortcut = None if same else nn.Conv2d(width_in, width_out, 1, bias=False)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        a = F.silu(self.norm1(x))
        shortcut = x
        if self.shortcut is not None:
            shortcut = self.shortcut(F.avg_pool2d(a, 2, ceil_mode=True) if self.stride == 2 else a)
        return shortcut + self.conv2(F.silu(self.norm2(self.conv1(a))))


class SmallResNet(nn.Module):
    """(B, 3, H, W) images in [0, 1] to (B, n_classes) logits; trained for 64x64, runs from 32x32 on.

    6.4M parameters with 200 classes.
    """

    def __init__(self, n_classes: int, widths: tuple[int, ...] = (96, 192, 384), depth: int = 2) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)
        self.stem1 = nn.Conv2d(3, widths[0] // 2, 3, 2, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0] // 2)
        self.stem2 = nn.Conv2d(widths[0] // 2, widths[0], 3, 2, 1, bias=False)
        blocks = []
        width_in = widths[0]
        for stage, width in enumerate(widths):
            for i in range(depth):
                blocks.append(PreActBlock(width_in, width, 2 if stage > 0 and i == 0 else 1))
                width_in = width
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(width_in)
        self.head = nn.Linear(width_in, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = (x - self.mean) / self.std
        x = self.stem2(F.silu(self.stem_norm(self.stem1(x))))
        return self.head(F.silu(self.norm(self.blocks(x))).mean((2, 3)))
