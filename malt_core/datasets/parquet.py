"""Data sets as data hubs write them: one parquet file, a column of images and one of labels."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from malt_core.datasets.base import Record
from malt_core.datasets.labels import label_order
from malt_core.errors import BadConfig
from malt_core.types import ModelInfo

IMAGES = ("image", "img")
LABELS = ("label", "labels", "fine_label")
BUFFER = 1 << 20  # bytes read at a time; without it pyarrow reads whole row groups, however large
UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError)  # what pyarrow raises for damaged files
ROWS = 32  # decoded from parquet at a time


class ParquetData:
    """A parquet file with a column of images (struct of bytes and path, or bytes) and one of class indices.

    Raises BadConfig for any other file, and for labels that the model of `info` has not.
    """

    def __init__(self, path: Path, info: ModelInfo) -> None:
        self.path, self.name, self.preprocessing = str(path), path.name, info.preprocessing
        try:
            self._file = pq.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
        except UNREADABLE as error:
            raise BadConfig(f"{path} cannot be read as a parquet file: {_first_line(error)}.") from error
        schema = self._file.schema_arrow
        self._images = self._column(IMAGES, "images")
        label = self._column(LABELS, "labels")
        _check_image_type(schema.field(self._images).type, path, self._images)
        names = _names_inside(schema, label) or _names_beside(path)
        order = range(len(info.classes)) if names is None else label_order(names, info, self.path)
        self.labels = np.asarray(order)[self._read_labels(label, info)]
        self.fingerprint = self._fingerprint(path)
        self._rows: Iterator[Any] = iter(())
        self._next = -1  # the row that _rows yields next

    def _column(self, known: tuple[str, ...], what: str) -> str:
        names = self._file.schema_arrow.names
        found = [name for name in known if name in names]
        if not found:
            raise BadConfig(
                f"{self.path} has no column of {what} called {' or '.join(known)}; "
                f"its columns are {', '.join(names) or 'none'}."
            )
        if names.count(found[0]) > 1:
            raise BadConfig(
                f"{self.path} has {names.count(found[0])} columns called {found[0]}; expected one."
            )
        return found[0]

    def _read_labels(self, column: str, info: ModelInfo) -> np.ndarray:
        kind = self._file.schema_arrow.field(column).type
        if not pa.types.is_integer(kind):
            raise BadConfig(f"The column {column} of {self.path} holds {kind}; expected class indices.")
        values = self._read(column)
        if values.null_count:
            row = values.is_null().to_numpy().argmax()
            raise BadConfig(f"Row {row} of {self.path} has no {column}; an evaluation needs all labels.")
        labels = values.to_numpy().astype(np.int64)
        count = len(info.classes)
        outside = np.flatnonzero((labels < 0) | (labels >= count))
        if len(outside):
            row = outside[0]
            raise BadConfig(
                f"Row {row} of {self.path} has the {column} {labels[row]}, but {info.id} has the classes 0 "
                f"to {count - 1}."
                + (" Hubs write -1 where labels are kept secret." if labels[row] == -1 else "")
            )
        return labels

    def _read(self, column: str) -> pa.ChunkedArray:
        try:
            return self._file.read(columns=[column]).column(0)
        except UNREADABLE as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> BadConfig:
        return BadConfig(f"{self.path} is damaged: {_first_line(error)}. Get the file again.")

    def _fingerprint(self, path: Path) -> str:
        """Digest of the file's size and footer, which lists where each column lies and how long it is."""
        size, footer = path.stat().st_size, self._file.metadata.serialized_size + 8
        with path.open("rb") as file:
            file.seek(max(0, size - footer))
            return hashlib.sha256(f"{size} ".encode() + self.labels.tobytes() + file.read()).hexdigest()

    def records(self, indices: range) -> list[Record]:
        """See base.DataSet."""
        try:
            if indices.start != self._next:
                self._rows = self._from_row(indices.start)
            values = list(islice(self._rows, len(indices)))
        except UNREADABLE as error:
            raise self._damaged(error) from error
        self._next = indices.stop
        return [self._record(i, value) for i, value in zip(indices, values, strict=True)]

    def _from_row(self, row: int) -> Iterator[Any]:
        """Yield the images from this row on, skipping all row groups before its own unread."""
        sizes = [self._file.metadata.row_group(g).num_rows for g in range(self._file.num_row_groups)]
        group = 0
        while group < len(sizes) and row >= sizes[group]:
            row -= sizes[group]
            group += 1
        batches = self._file.iter_batches(
            ROWS, row_groups=range(group, len(sizes)), columns=[self._images], use_threads=False
        )
        return islice((value for batch in batches for value in _values(batch.column(0))), row, None)

    def _record(self, index: int, value: tuple[bytes | None, Any]) -> Record:
        data, path = value
        name = f"row {index}" + (f" ({path})" if path else "")
        problem = "" if data is not None else f"{name} holds no picture."
        return Record(index, name, int(self.labels[index]), data, problem, self.preprocessing)


def _values(column: pa.Array) -> Iterator[tuple[bytes | None, Any]]:
    """Yield the bytes and the path of each picture; a path that is no UTF-8 does no harm."""
    if not pa.types.is_struct(column.type):
        return zip(column.to_pylist(), repeat(None), strict=False)
    paths: Iterable[Any] = repeat(None)
    if column.type.get_field_index("path") >= 0:
        field = pc.struct_field(column, "path")
        text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        paths = map(_decoded, (field.cast(pa.large_binary()) if text else field).to_pylist())
    return zip(pc.struct_field(column, "bytes").to_pylist(), paths, strict=False)


def _decoded(path: Any) -> Any:
    return path.decode("utf-8", "replace") if isinstance(path, bytes) else path


def _check_image_type(kind: pa.DataType, path: Path, column: str) -> None:
    if pa.types.is_struct(kind):
        fields = {kind.field(i).name: kind.field(i).type for i in range(kind.num_fields)}
        kind = fields.get("bytes", kind)
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)):
        raise BadConfig(
            f"The column {column} of {path} holds {kind}; expected the bytes of picture files, alone or as "
            "the field bytes of a struct."
        )


def _names_inside(schema: pa.Schema, label: str) -> list[str] | None:
    """Return the class names by index that the library `datasets` writes into its files."""
    try:
        metadata = json.loads((schema.metadata or {})[b"huggingface"])
        return [str(name) for name in metadata["info"]["features"][label]["names"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _names_beside(path: Path) -> list[str] | None:
    """Return the class names in NAME_classes.json beside a file NAME_*.parquet: names, or {"name": ...}."""
    end = "_classes.json"
    beside = [
        p
        for p in path.parent.glob(f"*{end}")
        if re.match(re.escape(p.name[: -len(end)]) + "[_.-]", path.name)
    ]
    if not beside:
        return None
    longest = max(beside, key=lambda p: len(p.name))
    try:
        entries = json.loads(longest.read_text(encoding="utf-8"))
        return [entry["name"] if isinstance(entry, dict) else str(entry) for entry in entries]
    except (KeyError, TypeError, ValueError, RecursionError, OSError) as error:
        raise BadConfig(f"{longest} should list the class names of {path.name}, as JSON.") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
