"""CIFAR-10, CIFAR-100 and ImageNet by name, where torchvision and RobustBench keep their files."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from malt_core.datasets.base import DataSet, Record
from malt_core.datasets.folder import FolderData
from malt_core.datasets.labels import label_order, robustbench_file
from malt_core.errors import BadConfig
from malt_core.models.classes import class_names
from malt_core.models.weights.downloads import cache_dir
from malt_core.types import ModelInfo

CIFAR = {
    "cifar10": (
        "cifar-10-batches-py/test_batch",
        "labels",
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    ),
    "cifar100": (
        "cifar-100-python/test",
        "fine_labels",
        "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
    ),
}
NAMED = (*CIFAR, "imagenet")
SIDE = 32


def data_folders(chosen: Path | None) -> list[Path]:
    """Return where to look: the chosen folder, or ./data, as RobustBench does, and MALT Lab's cache."""
    return [chosen] if chosen is not None else [Path("data"), cache_dir() / "data"]


def open_named(name: str, info: ModelInfo, data_dir: Path | None) -> DataSet:
    """Open the test images of cifar10 or cifar100, or the validation images of imagenet.

    Raises BadConfig where they are not there, saying what to put where, or are not of the model's classes.
    """
    folders = data_folders(data_dir)
    if name in CIFAR:
        file, _, url = CIFAR[name]
        for folder in folders:
            if (folder / file).is_file():
                return CifarData(name, folder / file, info)
        raise BadConfig(
            f"There is no {' or '.join(str(folder / file) for folder in folders)}. Unpack {url} into "
            f"{folders[0]}, or name the folder that holds {file.partition('/')[0]} with --data-dir."
        )
    for folder in folders:
        for place in (folder / "val", folder / "imagenet" / "val"):
            if place.is_dir():
                return _imagenet(place, info)
    raise BadConfig(
        f"There is no {' or '.join(str(folder / 'val') for folder in folders)}. ImageNet's validation images "
        "come from https://image-net.org after signing in: lay them out as val/n01440764/*.JPEG and name the "
        "folder that holds val with --data-dir."
    )


def _imagenet(folder: Path, info: ModelInfo) -> DataSet:
    """Open ImageNet's validation images, RobustBench's 5,000 first and in its order."""
    listed = robustbench_file("imagenet_test_image_ids.txt").read_text(encoding="utf-8").split()
    return FolderData(folder, info, name="imagenet", first=listed, as_published=True)


class CifarData:
    """The 10,000 test images of CIFAR's "python version", stored raw: 31 MB in memory.

    Raises BadConfig for a file that holds anything else, and for models of other classes.
    """

    def __init__(self, name: str, path: Path, info: ModelInfo) -> None:
        self.path, self.name = str(path), name
        order = label_order(class_names(name), info, self.path)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadConfig(f"Cannot read {path}: {error.strerror}.") from error
        self.fingerprint = hashlib.sha256(data).hexdigest()
        try:
            content = _Unpickler(io.BytesIO(data), encoding="latin1").load()
            self._pixels, labels = content["data"], content[CIFAR[name][1]]
            self._names: Sequence[str] = content.get("filenames") or [
                f"image {i}" for i in range(len(labels))
            ]
            sound = self._pixels.dtype == np.uint8 and self._pixels.shape == (len(labels), 3 * SIDE * SIDE)
            sound = sound and min(labels, default=0) >= 0
            self.labels = [order[label] for label in labels]
        except Exception as error:  # unpickling a damaged file can raise anything
            raise _damaged(path, name) from error
        if not sound or len(self._names) != len(labels):
            raise _damaged(path, name)

    def records(self, indices: range) -> list[Record]:
        """See base.DataSet."""
        return [Record(i, self._names[i], self.labels[i], self._picture(i)) for i in indices]

    def _picture(self, index: int) -> Image.Image:
        planes = self._pixels[index].reshape(3, SIDE, SIDE)
        return Image.fromarray(np.ascontiguousarray(planes.transpose(1, 2, 0)))


def _damaged(path: Path, name: str) -> BadConfig:
    return BadConfig(
        f"{path} does not hold {name}'s test images, or is damaged. Unpack {CIFAR[name][2]} again."
    )


class _Unpickler(pickle.Unpickler):
    """Reads plain containers and numpy arrays; a pickle could otherwise run any code."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.empty(0).__reduce__()[0]
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"{module}.{name} is neither an array nor a list")
