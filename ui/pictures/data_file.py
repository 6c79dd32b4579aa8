"""A small data set that somebody hands to a page: a parquet file, or a ZIP of pictures."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from malt_core.datasets.in_memory import InMemoryData, first_images
from malt_core.datasets.pictures import zipped_pictures
from malt_core.errors import BadConfig
from malt_core.types import ModelInfo

MOST_ROWS = 1_000_000  # labels of a whole data set are read at once


def read_data_file(data: bytes, name: str, info: ModelInfo, n: int) -> InMemoryData:
    """The first n images of a parquet file. Raises BadConfig if it does not go with the model of `info`."""
    from malt_core.datasets.parquet import ParquetData

    name = Path(name).name or "data.parquet"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            _check_rows(path)
            held = first_images(ParquetData(path, info), n)
        except BadConfig as error:
            raise BadConfig(str(error).replace(str(path), name)) from None
    return replace(held, path=name)


def read_many(data: bytes, name: str, info: ModelInfo, n: int) -> InMemoryData:
    """The first n images of a parquet file or of a ZIP, whose pictures may have no labels.

    Raises BadConfig if it does not go with the model of `info`, and as zipped_pictures does.
    """
    if data.startswith(b"PK"):
        return zipped_pictures(data, Path(name).name, info, n)
    return read_data_file(data, name, info, n)


def _check_rows(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError):
        return  # ParquetData says what is wrong
    if rows > MOST_ROWS:
        raise BadConfig(f"{path} has {rows:,} rows, too many for this page: cut out the first {MOST_ROWS:,}.")
    if not rows:
        raise BadConfig(f"{path} has no rows; expected at least one image.")
