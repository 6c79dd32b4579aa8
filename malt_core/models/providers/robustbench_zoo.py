"""Every model of RobustBench (arXiv 2010.09670), as robustbench/<dataset>/<threat>/<name>."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from malt_core.errors import ModelUnavailable
from malt_core.models.classes import class_names
from malt_core.models.weights.downloads import Progress, Remote, cache_dir, drive_url, fetch
from malt_core.types import ModelInfo

if TYPE_CHECKING:
    from torch import nn

_ROWS = Path(__file__).parents[1] / "data" / "robustbench.json"
DATASETS = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet": "ImageNet"}


def infos() -> Iterator[ModelInfo]:
    """Yield what the data file knows, without importing robustbench; refresh.py says where it comes from."""
    for row in json.loads(_ROWS.read_text(encoding="utf-8")):
        dataset, threat, name = row["id"].split("/")
        yield ModelInfo(
            id=f"robustbench/{row['id']}",
            title=f"{name.replace('_', ' ')}, {DATASETS[dataset]} {threat}",
            dataset=dataset,
            size=(row["size"], row["size"]),
            classes=class_names(dataset),
            suggested_eps=row["eps"] / 255,
            offline=False,
            source="https://robustbench.github.io",
            licence=row["licence"],
            preprocessing=row.get("preprocessing", ""),
            defence="adversarial training" if row["robust"] else "none",
        )


def load(info: ModelInfo, progress: Progress) -> nn.Module:
    """Return the network, its weights fetched into the cache in RobustBench's own layout.

    RobustBench reads checkpoints with torch.load's default, weights_only=True.
    """
    from malt_core.models.weights.checkpoints import alone_and_quiet, serving, unusable, weights_only

    utils = zoo()
    _, dataset, threat, name = info.id.split("/")
    folder = cache_dir() / "robustbench"
    remotes = _remotes(folder, dataset, threat, name)
    for remote in remotes:
        fetch(remote, progress)
    with alone_and_quiet(), weights_only(), serving(remotes):
        try:
            return utils.load_model(name, model_dir=folder, dataset=dataset, threat_model=threat)
        except ModelUnavailable:
            raise
        except Exception as error:  # its loaders raise whatever a checkpoint that does not fit provokes
            raise unusable([remote.path for remote in remotes], error) from None


@cache
def zoo() -> ModuleType:
    """Import and return robustbench.utils.

    robustbench 1.1.1 imports `autoattack`, but its dependency installs the same attacks as `pyautoattack`;
    and its imports warn of things that a user cannot change.
    """
    import pyautoattack

    from malt_core.models.weights.checkpoints import alone_and_quiet

    sys.modules.setdefault("autoattack", pyautoattack)
    with alone_and_quiet():
        import robustbench.utils

    return robustbench.utils


def timm_name(dataset: str, threat: str, name: str) -> str:
    """Return the name under which RobustBench looks for a model in timm before it tries Google Drive."""
    return f"{name.lower().replace('-', '_')}_{dataset}_{threat.lower()}"


def is_timm_model(dataset: str, threat: str, name: str) -> bool:
    """Return whether RobustBench builds this model through timm."""
    zoo()
    import timm

    return timm.is_model(timm_name(dataset, threat, name))


def _remotes(folder: Path, dataset: str, threat: str, name: str) -> list[Remote]:
    """Return the files that a model consists of: several for an ensemble, else one."""
    import timm
    from robustbench.model_zoo import model_dicts
    from robustbench.model_zoo.enums import BenchmarkDataset, ThreatModel
    from torchvision.models import ResNet50_Weights

    path = folder / dataset / threat / f"{name}.pt"
    if is_timm_model(dataset, threat, name):
        return [Remote(timm.get_pretrained_cfg(timm_name(dataset, threat, name)).url, path)]
    if dataset == "imagenet" and name.startswith("Standard"):
        return [Remote(ResNet50_Weights.IMAGENET1K_V1.url, path)]  # what its "pretrained=True" means
    on_drive = model_dicts[BenchmarkDataset(dataset)][ThreatModel(threat)][name]["gdrive_id"]
    if isinstance(on_drive, list):
        return [Remote(drive_url(id), path.with_name(f"{name}.pt_m{i}.pt")) for i, id in enumerate(on_drive)]
    return [Remote(drive_url(on_drive), path)]
