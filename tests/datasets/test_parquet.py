"""Parquet files as data hubs write them, and all that can be wrong with one."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malt_core.datasets.open_data import open_data
from malt_core.errors import BadConfig

SHARED = Path(__file__).parents[3] / "shared" / "data"


def write(path: Path, *, group: int = 4, metadata: dict | None = None, **columns: object) -> Path:
    """A parquet file with these columns, in row groups of so many rows."""
    table = pa.table(columns)
    if metadata is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    pq.write_table(table, path, row_group_size=group)
    return path


def hub(names: list[str], column: str = "label") -> dict:
    """What the library `datasets` writes about a column of labels."""
    return {"info": {"features": {column: {"names": names, "_type": "ClassLabel"}}}}


@pytest.fixture
def structs(png) -> list[dict]:
    return [{"bytes": png(i), "path": f"test_{i}.png"} for i in range(10)]


@pytest.mark.parametrize(
    ("image", "label"), [("image", "label"), ("img", "fine_label"), ("image", "labels"), ("img", "label")]
)
def test_the_columns_that_hubs_write(tmp_path, cifar, png, structs, image, label):
    columns = {image: structs, label: list(range(10)), "coarse_label": [0] * 10}
    data = open_data(str(write(tmp_path / "a.parquet", **columns)), cifar)
    assert (data.name, data.path, list(data.labels)) == (
        "a.parquet",
        str(tmp_path / "a.parquet"),
        list(range(10)),
    )
    records = data.records(range(10))
    assert [(r.index, r.name, r.label) for r in records] == [
        (i, f"row {i} (test_{i}.png)", i) for i in range(10)
    ]
    assert [r.image for r in records] == [png(i) for i in range(10)]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()])
def test_images_may_be_bytes(tmp_path, cifar, png, kind):
    images = pa.array([png(0), png(1)], kind)
    data = open_data(
        str(write(tmp_path / "a.parquet", image=images, label=pa.array([3, 9], pa.uint8()))), cifar
    )
    assert [(r.name, r.label, r.image) for r in data.records(range(2))] == [
        ("row 0", 3, png(0)),
        ("row 1", 9, png(1)),
    ]


@pytest.mark.parametrize("group", [1, 3, 4, 100])
def test_any_range_can_be_read_in_any_order(tmp_path, cifar, structs, group):
    data = open_data(str(write(tmp_path / "a.parquet", group=group, image=structs, label=[0] * 10)), cifar)
    for part in (range(0, 3), range(3, 6), range(8, 10), range(3, 6), range(5, 9), range(0, 1), range(9, 10)):
        assert [(r.index, r.image) for r in data.records(part)] == [(i, structs[i]["bytes"]) for i in part]


def test_a_row_without_a_picture_is_a_record_with_a_problem(tmp_path, cifar, structs):
    structs[1], structs[2] = None, {"bytes": None, "path": "elsewhere.png"}
    records = open_data(str(write(tmp_path / "a.parquet", image=structs, label=[0] * 10)), cifar).records(
        range(4)
    )
    assert [r.image is None for r in records] == [False, True, True, False]
    assert [r.problem for r in records[1:3]] == [
        "row 1 holds no picture.",
        "row 2 (elsewhere.png) holds no picture.",
    ]


def test_a_path_that_is_no_utf_8_does_no_harm(tmp_path, cifar, png):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    raw = pa.array([b"caf\xe9.png", b"b.png"], pa.binary())
    paths = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    images = pa.StructArray.from_arrays([pa.array([png(0), None], pa.binary()), paths], fields=list(kind))
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"image": images, "label": [0, 1]}), file)
    first, second = open_data(str(file), cifar).records(range(2))
    assert (first.name, first.image) == ("row 0 (caf\ufffd.png)", png(0))
    assert second.problem == "row 1 (b.png) holds no picture."


def test_two_columns_of_one_name_are_refused(tmp_path, cifar, structs):
    table = pa.table([structs, [0] * 10, [1] * 10], names=["image", "label", "label"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(BadConfig, match=r"a\.parquet has 2 columns called label; expected one"):
        open_data(str(tmp_path / "a.parquet"), cifar)


def test_a_classes_file_that_is_a_folder(tmp_path, cifar, structs):
    (tmp_path / "a_classes.json").mkdir()
    file = write(tmp_path / "a_valid.parquet", image=structs, label=[0] * 10)
    with pytest.raises(BadConfig, match=r"a_classes\.json should list the class names"):
        open_data(str(file), cifar)


def test_names_in_another_order_are_mapped(tmp_path, cifar, structs):
    names = sorted(cifar.classes, reverse=True)
    file = write(tmp_path / "a.parquet", metadata=hub(names), image=structs, label=list(range(10)))
    assert [cifar.classes[label] for label in open_data(str(file), cifar).labels] == names


def test_names_may_stand_in_a_file_beside(tmp_path, cifar, structs):
    file = write(tmp_path / "birds_test.parquet", image=structs, label=[0] * 10)
    (tmp_path / "bird_classes.json").write_text("[]")  # of a file bird_….parquet
    assert list(open_data(str(file), cifar).labels) == [0] * 10
    (tmp_path / "birds_classes.json").write_text(json.dumps([{"name": "wren"}, {"name": "robin"}]))
    with pytest.raises(BadConfig, match="has 2 classes, but autoattack/resnet18-cifar10 tells 10 apart"):
        open_data(str(file), cifar)
    (tmp_path / "birds_classes.json").write_text("{")
    with pytest.raises(
        BadConfig, match=r"birds_classes.json should list the class names of birds_test.parquet"
    ):
        open_data(str(file), cifar)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (
            {"picture": [b""], "label": [0]},
            "no column of images called image or img; its columns are picture, label",
        ),
        ({"image": [b""], "class": [0]}, "no column of labels called label or labels or fine_label"),
        ({"image": ["a.png"], "label": [0]}, "The column image of .* holds string; expected the bytes"),
        ({"image": [{"path": "a.png"}], "label": [0]}, "holds struct<path: string>; expected the bytes"),
        ({"image": [b""], "label": ["cat"]}, "The column label of .* holds string; expected class indices"),
        ({"image": [b"", b""], "label": [0, None]}, "Row 1 of .* has no label"),
        (
            {"image": [b"", b""], "label": [9, 10]},
            "Row 1 of .* has the label 10, but autoattack/.* classes 0 to 9",
        ),
        (
            {"image": [b""], "label": [-1]},
            "Row 0 of .* has the label -1.*Hubs write -1 where labels are kept secret",
        ),
        ({"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())}, "holds no images"),
    ],
)
def test_columns_that_are_of_no_use_are_named(tmp_path, cifar, columns, says):
    with pytest.raises(BadConfig, match=says):
        open_data(str(write(tmp_path / "a.parquet", **columns)), cifar)


def test_another_number_of_classes_is_named(tmp_path, cifar, structs):
    file = write(tmp_path / "a.parquet", metadata=hub(["a", "b"]), image=structs, label=[1] * 10)
    with pytest.raises(BadConfig, match=r"a.parquet has 2 classes, but autoattack/resnet18-cifar10 tells 10"):
        open_data(str(file), cifar)


def test_metadata_of_another_kind_does_no_harm(tmp_path, cifar, structs):
    for metadata in ({}, {"info": None}, {"info": {"features": {"label": []}}}):
        file = write(tmp_path / "a.parquet", metadata=metadata, image=structs, label=[2] * 10)
        assert list(open_data(str(file), cifar).labels) == [2] * 10


def test_what_is_no_parquet_file(tmp_path, cifar):
    (tmp_path / "a.parquet").write_bytes(b"PK\3\4 something else")
    with pytest.raises(BadConfig, match=r"a.parquet cannot be read as a parquet file: "):
        open_data(str(tmp_path / "a.parquet"), cifar)
    with pytest.raises(
        BadConfig, match=r"There is no data set .*gone.parquet: give a parquet file, a folder"
    ):
        open_data(str(tmp_path / "gone.parquet"), cifar)


def test_a_damaged_file_is_named(tmp_path, cifar, structs):
    file = write(tmp_path / "a.parquet", image=structs, label=[0] * 10)
    content = bytearray(file.read_bytes())
    content[4:2000] = bytes(1996)
    file.write_bytes(content)
    with pytest.raises(BadConfig, match=r"a.parquet is damaged: .*\. Get the file again\."):
        open_data(str(file), cifar).records(range(10))


def test_the_fingerprint_follows_the_content(tmp_path, cifar, structs):
    def fingerprint(name: str, **columns: object) -> str:
        return open_data(str(write(tmp_path / name, **columns)), cifar).fingerprint

    first = fingerprint("a.parquet", image=structs, label=[0] * 10)
    assert fingerprint("b.parquet", image=structs, label=[0] * 10) == first
    assert fingerprint("c.parquet", image=structs, label=[1] + [0] * 9) != first
    assert fingerprint("d.parquet", image=structs[:9], label=[0] * 9) != first


def test_memory_does_not_grow_with_the_file(tmp_path, cifar):
    """pyarrow's own memory, which is where a row group of 32 MB would go if it were read as a whole."""
    images = [i.to_bytes(2, "big") * 4000 for i in range(4000)]
    options = {"row_group_size": 4000, "write_batch_size": 16, "use_dictionary": False}
    table = pa.table({"image": images, "label": [0] * len(images)})
    pq.write_table(table, tmp_path / "a.parquet", compression="none", **options)
    del images, table
    data = open_data(str(tmp_path / "a.parquet"), cifar)
    pool = pa.default_memory_pool()
    before, most = pool.bytes_allocated(), 0
    for first in range(0, 4000, 50):
        assert data.records(range(first, first + 50))[7].image[:2] == (first + 7).to_bytes(2, "big")
        most = max(most, pool.bytes_allocated() - before)
    assert most < 8e6


def test_the_shared_cifar_sample(cifar):
    file = SHARED / "cifar10_test_500.parquet"
    if not file.exists():
        pytest.skip(f"{file.name} is not in ../shared/data")
    data = open_data(str(file), cifar)
    assert len(data.labels) == 500
    assert data.records(range(499, 500))[0].image.startswith(b"\x89PNG")
