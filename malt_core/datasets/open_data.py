"""Opening whatever a person names as a data set."""

from __future__ import annotations

from pathlib import Path

from malt_core.datasets.base import DataSet
from malt_core.datasets.folder import FolderData
from malt_core.datasets.in_memory import GALLERY_DATA, gallery_data
from malt_core.datasets.standard import NAMED, open_named
from malt_core.errors import BadConfig
from malt_core.types import ModelInfo


def open_data(source: str, info: ModelInfo, *, data_dir: Path | None = None) -> DataSet:
    """Open a data set for the model of `info`; images are read later, a few at a time.

    source: a parquet file (columns image and label, as data hubs write them), a folder with a sub-folder of
    pictures for each class; cifar10, cifar100 or imagenet, looked for in data_dir, or else in the folders
    of `standard.data_folders`; or "gallery", the gallery's photographs that show a class of the model.
    Raises BadConfig where there is no such data set, or its labels are not classes of the model.
    """
    if source == GALLERY_DATA:
        return gallery_data(info)
    data = open_named(source, info, data_dir) if source in NAMED else _open_path(Path(source), info)
    if not len(data.labels):
        raise BadConfig(f"{source} holds no images.")
    return data


def _open_path(path: Path, info: ModelInfo) -> DataSet:
    if path.is_dir():
        return FolderData(path, info)
    if not path.is_file():
        raise BadConfig(
            f"There is no data set {path}: give a parquet file, a folder with a sub-folder for each class, "
            f"or {', '.join((*NAMED, GALLERY_DATA))}."
        )
    from malt_core.datasets.parquet import ParquetData

    return ParquetData(path, info)
