"""A finished network that a run begins with or learns from: a checkpoint, or weights that were shipped."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from malt_core.models.providers.bundled import read_network
from training import card, checkpoint


@dataclass(frozen=True)
class Finished:
    """net: in eval mode, frozen. recipe: its name. lineage: it and what it builds on, the oldest first.

    soft_labels: where those came from that it, or what it builds on, learnt; empty: none.
    """

    net: nn.Module
    recipe: str
    lineage: tuple[str, ...]
    soft_labels: str


def load(path: Path) -> Finished:
    """Read a run's checkpoint.pt, or a .safetensors file with its card beside it. Raises ModelUnavailable."""
    if path.suffix == ".safetensors":
        net, written = read_network(path), card.read(path.with_suffix(".json"))
        return _finished(net, written.recipe, written.epochs, written.builds_on, written.soft_labels)
    state = checkpoint.load(path)
    net, recipe = checkpoint.average(state), state["recipe"]
    return _finished(net, recipe["name"], recipe["epochs"], state["lineage"], state["soft_labels"])


def _finished(
    net: nn.Module, recipe: str, epochs: int, before: list[str] | tuple[str, ...], soft_labels: str
) -> Finished:
    return Finished(net, recipe, (*before, f"{recipe}, {epochs} epochs"), soft_labels)
