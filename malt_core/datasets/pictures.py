"""Many pictures, with labels or without: any data set, a ZIP of pictures, a folder of photos."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from malt_core.datasets.base import DataSet, Record
from malt_core.datasets.folder import FolderData
from malt_core.datasets.in_memory import InMemoryData, first_images
from malt_core.datasets.open_data import open_data
from malt_core.datasets.picture_files import sort_out
from malt_core.errors import BadConfig
from malt_core.types import ModelInfo

UNLABELLED = -1  # the label of a picture of which nobody says what it shows
MOST_FILES, MOST_BYTES = 5000, 1_000_000_000  # of a ZIP, unpacked


def open_pictures(source: str, info: ModelInfo, n: int) -> InMemoryData:
    """Return the first n pictures of whatever a person names.

    source: as open_data takes it; or a ZIP, or a folder, of pictures in sub-folders called after the model's
    classes; or of any pictures, whose labels are then UNLABELLED. Raises BadConfig where there are none.
    """
    path = Path(source)
    if path.is_file() and zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return _zipped(file, path.name, info, n)
    if path.is_dir():
        return _in_folder(path, path.resolve().name, info, n)
    return first_images(open_data(source, info), n)


def zipped_pictures(data: bytes, name: str, info: ModelInfo, n: int) -> InMemoryData:
    """Return the first n pictures of a ZIP. name: of the file. Raises BadConfig where it holds none."""
    import io

    return _zipped(io.BytesIO(data), name, info, n)


def _zipped(file, name: str, info: ModelInfo, n: int) -> InMemoryData:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        root = Path(place)
        try:
            with zipfile.ZipFile(file) as archive:
                _unpack(archive, root, name)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
            raise BadConfig(f"{name} cannot be unpacked: {error}.") from None
        below = [entry for entry in root.iterdir() if not entry.name.startswith(("__MACOSX", "."))]
        if len(below) == 1 and below[0].is_dir() and any(e.is_dir() for e in below[0].iterdir()):
            root = below[0]  # one folder around all
        return replace(_in_folder(root, name, info, n), path=name)


def _unpack(archive: zipfile.ZipFile, root: Path, name: str) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise BadConfig(
            f"{name} holds {len(entries):,} files, too much for here: at most {MOST_FILES:,}, and "
            f"{MOST_BYTES / 1e9:.0f} GB when unpacked."
        )
    for entry in entries:
        archive.extract(entry, root)


def _in_folder(path: Path, name: str, info: ModelInfo, n: int) -> InMemoryData:
    try:
        data: DataSet = FolderData(path, info, name=name)
    except BadConfig:
        return _unlabelled(path, name, info, n)
    return first_images(data, n)


def _unlabelled(path: Path, name: str, info: ModelInfo, n: int) -> InMemoryData:
    """Return pictures in and under a folder, of which nobody says what they show."""
    try:
        files, left_out = sort_out(path, "")
        if not files:
            why = f" {left_out[0]}" if left_out else ""
            raise BadConfig(f"{name} holds no pictures.{why}")
        content = tuple(
            Record(i, file, UNLABELLED, (path / file).read_bytes(), preprocessing=info.preprocessing)
            for i, file in enumerate(files[:n])
        )
    except OSError as error:
        raise BadConfig(f"Cannot read {error.filename}: {error.strerror}.") from error
    digest = hashlib.sha256(
        "".join(f"{one.name} {one.digest}\n" for one in content).encode("utf-8", "surrogateescape")
    )
    return InMemoryData(
        path=str(path),
        name=name,
        fingerprint=digest.hexdigest(),
        content=content,
        preprocessing=info.preprocessing,
        left_out=tuple(left_out),
    )
