"""Data sets as folders of picture files, one folder for each class."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

from malt_core.datasets.base import Record
from malt_core.datasets.labels import folders_to_classes
from malt_core.datasets.picture_files import left_out_sentence, sort_out
from malt_core.errors import BadConfig
from malt_core.images.decoding import JPEG_BYTES
from malt_core.images.kinds import ACCEPTED
from malt_core.types import ModelInfo


class FolderData:
    """Picture files by class, one of each class in turn, so that the first n are spread over the classes.

    path: a folder with one sub-folder a class, called as folders_to_classes wants it; pictures may lie
    deeper. first: files, relative to it, that come before all others, in this order, if they are there.
    as_published: see base.Record. left_out: a sentence on each file that is no picture.
    Raises BadConfig where it is another kind of folder, or a sub-folder is no class of the model of `info`.
    """

    def __init__(
        self,
        path: Path,
        info: ModelInfo,
        *,
        name: str = "",
        first: Sequence[str] = (),
        as_published: bool = False,
    ) -> None:
        self.preprocessing, self._as_published = info.preprocessing, as_published
        self.path, self.name, self._root = str(path), name or path.resolve().name, path
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
            folders = [e.name for e in entries if e.is_dir() and not e.name.startswith(".")]
            sorted_out = [sort_out(path, folder) for folder in folders]
        except OSError as error:
            raise BadConfig(f"Cannot read {error.filename}: {error.strerror}.") from error
        beside = [_beside(entry) for entry in entries if entry.name not in folders]
        self.left_out = (*beside, *chain.from_iterable(others for _, others in sorted_out))
        by_class = [pictures for pictures, _ in sorted_out]
        if not any(by_class):
            raise BadConfig(f"{path} holds no data set: {_what_instead(path, folders, self.left_out)}")
        classes = folders_to_classes(folders, info, self.path)
        in_turn = (file for row in zip_longest(*by_class) for file in row if file is not None)
        there = set(chain.from_iterable(by_class))
        files = dict.fromkeys([file for file in first if file in there])
        self._files = list(files | dict.fromkeys(in_turn))
        self.labels = [classes[file.partition("/")[0]] for file in self._files]
        self.fingerprint = self._fingerprint()

    def _fingerprint(self) -> str:
        """Digest of the names, sizes and labels of all files."""
        digest = hashlib.sha256()
        for file, label in zip(self._files, self.labels, strict=True):
            try:
                size = (self._root / file).stat().st_size
            except OSError:  # a broken link, say: `records` tells of it
                size = -1
            digest.update(f"{file} {size} {label}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def records(self, indices: range) -> list[Record]:
        """See base.DataSet."""
        return [self._record(i) for i in indices]

    def _record(self, index: int) -> Record:
        name, label = self._files[index], self.labels[index]
        path = self._root / name
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for somebody to write to it
                return Record(index, name, label, None, f"{name} is no ordinary file.")
            with path.open("rb") as file:
                data = file.read(JPEG_BYTES + 1)  # decoding refuses larger ones
        except OSError as error:
            return Record(index, name, label, None, f"{name} cannot be read: {error.strerror}.")
        how = {"preprocessing": self.preprocessing, "as_published": self._as_published}
        return Record(index, name, label, data, **how)


def _beside(entry: os.DirEntry) -> str:
    """Return a sentence on a file beside the classes' folders."""
    if entry.name.startswith("."):
        return f"{entry.name} is a hidden {'folder' if entry.is_dir() else 'file'}."
    return f"{entry.name} lies in no class's folder."


def _what_instead(path: Path, folders: list[str], left_out: Sequence[str]) -> str:
    if parquet := sorted(path.glob("*.parquet")):
        return f"it has parquet files; give one of them, such as {parquet[0]}."
    instead = (
        f"there are no {ACCEPTED} files in its sub-folders."
        if folders
        else "expected a sub-folder for each class."
    )
    return f"{instead} {left_out_sentence(left_out)}".strip()
