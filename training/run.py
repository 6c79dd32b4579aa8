"""A training run in memory, and as a checkpoint from which it goes on exactly."""

import copy
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

from malt_core.errors import BadConfig
from malt_core.models.architectures import SmallResNet
from training.augment import Augmentation
from training.optim import make_optimisers
from training.recipes import Recipe


@dataclass
class Run:
    """What changes while training, and what must stay the same for as long.

    shares: in how many parts each batch is worked on; part of the run, since each has its own random numbers
        and batch-norm statistics. step: optimiser steps done. loss_sum: over the steps of this epoch.
    seconds: of work, without pauses. history: one row an epoch. lineage: the finished runs that it builds on,
        the oldest first, such as "standard, 5 epochs". soft_labels: where those came from that it, or
        what it builds on, learnt; empty: none.
    """

    recipe: Recipe
    seed: int
    shares: int
    net: nn.Module
    average: nn.Module
    optimisers: list[torch.optim.Optimizer]
    step: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    lineage: list[str] = field(default_factory=list)
    soft_labels: str = ""

    @classmethod
    def new(cls, recipe: Recipe, seed: int, shares: int, n_classes: int, device: torch.device) -> "Run":
        """A run at its start: a fresh network whose initial weights depend on the seed alone."""
        torch.manual_seed(seed)
        net = SmallResNet(n_classes).to(device, memory_format=torch.channels_last)
        return cls(
            recipe,
            seed,
            shares,
            net,
            copy.deepcopy(net),
            make_optimisers(net, recipe.lr, recipe.rest_lr, shares),
        )

    def start_from(self, weights: dict[str, torch.Tensor]) -> None:
        """Begin with a trained network instead of a fresh one."""
        self.net.load_state_dict(weights)
        self.average.load_state_dict(weights)

    def state(self) -> dict[str, Any]:
        """Everything, in types that torch.load reads with weights_only."""
        return {
            "recipe": asdict(self.recipe),
            "seed": self.seed,
            "shares": self.shares,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [o.state_dict() for o in self.optimisers],
            "step": self.step,
            "loss_sum": self.loss_sum,
            "seconds": self.seconds,
            "history": self.history,
            "lineage": self.lineage,
            "soft_labels": self.soft_labels,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`, with the settings that it was begun with.

        Raises BadConfig where it is of another recipe or number of epochs than this run, or where only one of
        the two has soft labels.
        """
        saved = dict(state["recipe"])
        if (saved["name"], saved["epochs"]) != (self.recipe.name, self.recipe.epochs):
            raise BadConfig(
                f"The checkpoint is of the recipe {saved['name']} for {saved['epochs']} epochs, "
                f"not {self.recipe.name} for {self.recipe.epochs}: repeat those, or choose another --out."
            )
        if bool(saved["soft"]) != bool(self.recipe.soft):
            raise BadConfig("Give the same --soft-labels or --tutor as before, or choose another --out.")
        saved["augmentation"] = Augmentation(**saved["augmentation"])
        self.recipe, self.seed, self.shares = Recipe(**saved), state["seed"], state["shares"]
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        for optimiser, own in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(own)
        self.step, self.loss_sum = state["step"], state["loss_sum"]
        self.seconds, self.history, self.lineage = state["seconds"], state["history"], state["lineage"]
        self.soft_labels = state["soft_labels"]
