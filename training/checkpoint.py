"""All that a training run needs to go on exactly where it stopped, written so that no crash spoils it."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from malt_core.errors import BadConfig, ModelUnavailable
from malt_core.models.architectures import SmallResNet
from malt_core.models.weights.refusals import why_not
from malt_core.storage.whole_files import whole_file


def save(path: Path, state: dict[str, Any]) -> None:
    """Write beside `path`, force it to disk, then rename: `path` is always a whole checkpoint."""
    with whole_file(path) as file:
        torch.save(state, file)


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint that `save` wrote. Raises ModelUnavailable where it is missing or damaged."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as e:
        raise ModelUnavailable(f"There is no checkpoint at {path}.") from e
    except Exception as e:
        raise ModelUnavailable(f"The checkpoint {path} cannot be read: {why_not(e)}.") from None


def load_average(path: Path) -> nn.Module:
    """The averaged network of the run at `path`, as `average` gives it."""
    return average(load(path))


def average(state: dict[str, Any]) -> nn.Module:
    """The averaged network of a run's state, in eval mode and frozen, as it is meant to be used.

    What was learnt at a temperature gets its head multiplied by it: from then on it is used at 1.
    """
    if "average" not in state:
        raise BadConfig("This is no checkpoint of training.train: it has no averaged weights.")
    net = SmallResNet(len(state["average"]["head.bias"]))
    net.load_state_dict(state["average"])
    with torch.no_grad():
        net.head.weight.mul_(state["recipe"]["temperature"])
        net.head.bias.mul_(state["recipe"]["temperature"])
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)
