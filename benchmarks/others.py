"""The nearest equivalents in torchattacks and foolbox: optional, and kept out of the project's environment.

    pip install --no-deps --target downloads/benchmarks -r requirements-benchmarks.txt

--no-deps, since torchattacks 3.5.1 pins requests~=2.25.1, which the app cannot use and its attacks do not
need; a folder of its own, since its wheel brings an old copy of robustbench along that would overwrite ours.
The folder comes last on the search path, so that only what is found nowhere else is taken from it.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from malt_core.harness.seeding import global_state_restored

FOLDER = Path(__file__).parents[1] / "downloads" / "benchmarks"
NINE_TARGETS = 10  # torchattacks attacks one class fewer than it is told there are


def _look_in_folder() -> None:
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))


def missing(package: str) -> str:
    """Return what to do about a package that is not installed; "" where it is."""
    _look_in_folder()
    if importlib.util.find_spec(package):
        return ""
    return (
        f"{package} is not installed: "
        "pip install --no-deps --target downloads/benchmarks -r requirements-benchmarks.txt"
    )


def torchattacks_apgd_t(
    model: nn.Module, x: Tensor, y: Tensor, *, eps: float, n_iter: int, seed: int
) -> Tensor:
    """Run torchattacks' APGDT, linf: naive targets, nine of them, n_iter steps (it ships with 10)."""
    _look_in_folder()
    import torchattacks

    with torch.no_grad():
        classes = model(x[:1]).shape[1]
    attack = torchattacks.APGDT(
        model, norm="Linf", eps=eps, steps=n_iter, seed=seed, n_classes=min(classes, NINE_TARGETS)
    )
    with global_state_restored(x.device):
        return attack(x, y).detach()


def foolbox_pgd(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, n_iter: int, seed: int) -> Tensor:
    """Run foolbox's LinfPGD, untargeted: it has no APGD, and nothing that chooses targets."""
    _look_in_folder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its import of scipy.ndimage.filters
        import foolbox

    attack = foolbox.attacks.LinfPGD(steps=n_iter)
    with global_state_restored(x.device):
        torch.manual_seed(seed)
        _, clipped, _ = attack(foolbox.PyTorchModel(model, bounds=(0, 1)), x, y, epsilons=eps)
    return clipped.detach()
