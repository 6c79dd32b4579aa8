"""Rewrite the catalogue's data files from the installed robustbench and torchvision.

Run `python -m malt_core.models.refresh` after updating either; a test compares the files with the packages.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from malt_core.models.providers.robustbench_zoo import is_timm_model, timm_name, zoo
from malt_core.storage.whole_files import write_whole

DATA = Path(__file__).with_name("data")

CIFAR_SIZE = 32
IMAGENET_SIZE = 224

# Names that people cannot tell apart in torchvision's list, by index, told apart as WordNet does.
IMAGENET_RENAMED = {
    134: "crane (bird)",
    517: "crane (machine)",
    264: "Cardigan (corgi)",
    474: "cardigan (jacket)",
    638: "maillot (tights)",
    639: "maillot (tank suit)",
}

# RobustBench's LICENSE: the weights are under the MIT licence but for these.
ROBUSTBENCH_LICENCES = {
    r"cifar10/Linf/Hendrycks2019Using": "Apache-2.0",
    r"cifar10/Linf/Pang2020Boosting": "Apache-2.0",
    r"cifar.*/(Gowal2020Uncovering|Rebuffi2021Fixing|Gowal2021Improving).*": "Apache-2.0",
    r"cifar10/(Linf|L2)/Ding2020MMA": "CC-BY-NC-SA-4.0",
    r"cifar10/L2/Rony2019Decoupling": "BSD-3-Clause",
}
_RESAMPLINGS = {"bilinear": "", "bicubic": "Bicubic"}  # before RobustBench's names
SWAG_LICENCE = "CC-BY-NC-4.0"


def robustbench_rows() -> list[dict[str, Any]]:
    """One row a model: id without its first part, size in pixels, robust, suggested eps * 255, licence, and
    for ImageNet the preprocessing.
    """
    zoo()
    from robustbench.model_zoo import model_dicts

    rows = []
    for dataset, threats in model_dicts.items():
        resisting = _trained_to_resist(threats)
        for threat, entries in threats.items():
            for name, entry in entries.items():
                id = f"{dataset.value}/{threat.value}/{name}"
                size = _robustbench_size(dataset.value, threat.value, name, entry)
                robust = (threat.value, name) in resisting or entry["gdrive_id"] in resisting.values()
                eps = _eps(id) if robust else 1
                licence = next(
                    (to for who, to in ROBUSTBENCH_LICENCES.items() if re.fullmatch(who, id)), "MIT"
                )
                row = {"id": id, "size": size, "robust": robust, "eps": eps, "licence": licence}
                if dataset.value == "imagenet":
                    row["preprocessing"] = _robustbench_preprocessing(threat.value, name, entry)
                rows.append(row)
    return rows


def _trained_to_resist(threats: dict[Any, dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """Models listed for Linf or L2, and their files, as some are listed for corruptions once more."""
    return {
        (threat.value, name): entry["gdrive_id"] or object()  # None, not on Drive, is no file to recognise
        for threat, entries in threats.items()
        for name, entry in entries.items()
        if threat.value != "corruptions" and not name.startswith("Standard")
    }


def _robustbench_size(dataset: str, threat: str, name: str, entry: dict[str, Any]) -> int:
    if dataset != "imagenet":
        return CIFAR_SIZE
    if is_timm_model(dataset, threat, name):
        import timm

        return timm.get_pretrained_cfg(timm_name(dataset, threat, name)).input_size[-1]
    crop = re.search(r"\d+$", entry.get("preprocessing") or "")  # such as Res256Crop224
    return int(crop[0]) if crop else IMAGENET_SIZE


def _robustbench_preprocessing(threat: str, name: str, entry: dict[str, Any]) -> str:
    """For ImageNet: the name that robustbench.data.get_preprocessing finds; for timm one of the same kind."""
    if not is_timm_model("imagenet", threat, name):
        return entry["preprocessing"]
    import timm

    known = timm.get_pretrained_cfg(timm_name("imagenet", threat, name))
    crop = known.input_size[1]
    return _preprocessing(math.floor(crop / known.crop_pct), crop, known.interpolation)


def _preprocessing(resize: int, crop: int, interpolation: str) -> str:
    return f"{_RESAMPLINGS[interpolation]}Res{resize}Crop{crop}"


def _eps(id: str) -> int:
    """Suggested linf radius of a robust model, in 1/255: what it was trained at, and half for L2 training."""
    return 4 if id.startswith("imagenet/") or "/L2/" in id or id.endswith("_L2") else 8


def torchvision_rows() -> list[dict[str, Any]]:
    """One row a model: name, title, input size in pixels, licence, preprocessing and size in megabytes of the
    default weights.
    """
    from torchvision import models

    rows = []
    for name in models.list_models(module=models):
        weights = models.get_model_weights(name).DEFAULT
        how = weights.transforms()
        rows.append(
            {
                "name": name,
                "title": type(weights).__name__.removesuffix("_Weights").replace("_", " "),
                "size": how.crop_size[0],
                "licence": SWAG_LICENCE if "SWAG" in weights.name else "BSD-3-Clause",
                "preprocessing": _preprocessing(
                    how.resize_size[0], how.crop_size[0], how.interpolation.value
                ),
                "megabytes": round(weights.meta["_file_size"]),
            }
        )
    return rows


def imagenet_names() -> list[str]:
    """The 1000 class names as torchvision spells them, but for IMAGENET_RENAMED."""
    from torchvision.models import ResNet18_Weights

    names = list(ResNet18_Weights.DEFAULT.meta["categories"])
    for index, name in IMAGENET_RENAMED.items():
        names[index] = name
    return names


def _write(name: str, rows: list[Any]) -> None:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    write_whole(DATA / name, f"[\n{lines}\n]\n")


if __name__ == "__main__":
    _write("robustbench.json", robustbench_rows())
    _write("torchvision.json", torchvision_rows())
    _write("imagenet_classes.json", imagenet_names())
