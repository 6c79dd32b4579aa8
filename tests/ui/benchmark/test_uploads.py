"""Files that people hand to the Benchmark page."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malt_core.errors import BadConfig
from malt_core.evaluation.report import read_report, report_from_bytes, report_to_json
from scripts import make_benchmark_examples
from tests.helpers import parquet
from tests.helpers.analytic import images
from tests.helpers.evaluations import INFO
from tests.helpers.reports import report
from ui.benchmark import store
from ui.pictures import data_file
from ui.pictures.data_file import read_data_file


def test_a_report_is_read() -> None:
    one = report("wfr")
    assert report_from_bytes(json.dumps(report_to_json(one)).encode(), "mine.json") == one


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "mine.json is no report: it is not JSON. Give a report.json of"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "mine.json is no report of"),
        (b'{"format": "malt-lab-report", "format_version": 9}', "format version 9"),
        (b'{"format": "malt-lab-report", "format_version": 1}', "mine.json has no model."),
    ],
)
def test_other_files_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(BadConfig) as refusal:
        report_from_bytes(data, "mine.json")
    assert says in str(refusal.value)


def test_the_first_images_of_a_parquet_file(tmp_path: Path) -> None:
    data = parquet.write(tmp_path / "tiny.parquet", images(6), [0, 1, 2, 3, 4, 5]).read_bytes()
    held = read_data_file(data, "../up/tiny.parquet", INFO, 4)
    assert (held.path, held.name, list(held.labels)) == ("tiny.parquet", "tiny.parquet", [0, 1, 2, 3])
    assert all(record.image.startswith(b"\x89PNG") for record in held.content)
    assert held.fingerprint == read_data_file(data, "other.parquet", INFO, 6).fingerprint


def test_data_of_other_classes_is_refused_by_the_files_own_name(tmp_path: Path) -> None:
    data = parquet.write(tmp_path / "tiny.parquet", images(2), [0, 99]).read_bytes()
    with pytest.raises(BadConfig, match=r"Row 1 of mine\.parquet has the label 99") as refusal:
        read_data_file(data, "mine.parquet", INFO, 2)
    assert "/tmp" not in str(refusal.value)
    with pytest.raises(BadConfig, match=r"mine\.parquet cannot be read as a parquet file"):
        read_data_file(b"no parquet", "mine.parquet", INFO, 2)


def test_data_without_rows_or_with_too_many_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.parquet"
    pq.write_table(pa.table({"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())}), empty)
    with pytest.raises(BadConfig, match=r"empty\.parquet has no rows"):
        read_data_file(empty.read_bytes(), "empty.parquet", INFO, 2)
    monkeypatch.setattr(data_file, "MOST_ROWS", 1)
    data = parquet.write(tmp_path / "tiny.parquet", images(2), [0, 1]).read_bytes()
    with pytest.raises(BadConfig, match=r"mine\.parquet has 2 rows, too many"):
        read_data_file(data, "mine.parquet", INFO, 2)


def test_stored_examples_are_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naive, malt = report("wfr", "naive"), report("wff")
    files = [make_benchmark_examples.write(one, tmp_path / "reports") for one in (naive, malt)]
    assert [file.name for file in files] == ["naive-4.json", "malt-4.json"]
    assert read_report(files[0]) == naive
    monkeypatch.setattr(store, "EXAMPLES", tmp_path / "reports")
    store.examples.cache_clear()
    assert store.examples() == (malt, naive)
    store.examples.cache_clear()


def test_the_examples_are_whole_small_and_say_nothing_of_the_machine() -> None:
    for report_ in store.examples():
        assert report_.complete
        assert report_.plan.data.path == report_.plan.data.name
    assert sum(file.stat().st_size for file in store.EXAMPLES.glob("*.json")) < 1_000_000
