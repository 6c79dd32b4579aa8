"""Files that people hand to the Benchmark page: reports, and small data sets."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from malt_core.datasets.in_memory import HeldData, first_images
from malt_core.errors import BadConfig
from malt_core.evaluation.report import Report, report_from_json
from malt_core.types import ModelInfo

MOST_ROWS = 1_000_000  # labels of a whole data set are read at once


def read_report_file(data: bytes, name: str) -> Report:
    """The report in a file. Raises BadConfig, naming the file, if there is none."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise BadConfig(
            f"{name} is no report: it is not JSON. Give a report.json of `python -m malt_core evaluate`."
        ) from None
    return report_from_json(content, name)


def read_data_file(data: bytes, name: str, info: ModelInfo, n: int) -> HeldData:
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
