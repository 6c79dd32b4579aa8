"""Folders of pictures, one for each class."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from malt_core.datasets.folder import FolderData
from malt_core.datasets.open_data import open_data
from malt_core.errors import BadConfig
from malt_core.evaluation.chunks import _decoded, readable_images
from malt_core.images.decoding import decode


def test_one_of_each_class_in_turn(tree, cifar, png):
    folder = tree("cat/b.png", "cat/a.png", "cat/c.JPG", "ship/z.jpeg", "truck/deep/er/y.png", "truck/x.webp")
    data = open_data(str(folder), cifar)
    records = data.records(range(6))
    assert [(r.index, r.name, r.label) for r in records] == [
        (0, "cat/a.png", 3),
        (1, "ship/z.jpeg", 8),
        (2, "truck/x.webp", 9),
        (3, "cat/b.png", 3),
        (4, "truck/deep/er/y.png", 9),
        (5, "cat/c.JPG", 3),
    ]
    assert [r.image for r in records] == [png(seed) for seed in (1, 3, 5, 0, 4, 2)]
    assert list(data.labels) == [r.label for r in records]
    assert data.name == "pictures"
    assert data.records(range(4, 6)) == records[4:]


def test_listed_files_come_first(tree, cifar):
    folder = tree("cat/a.png", "cat/b.png", "ship/c.png")
    data = FolderData(folder, cifar, first=["ship/c.png", "ship/gone.png", "cat/b.png"])
    assert [r.name for r in data.records(range(3))] == ["ship/c.png", "cat/b.png", "cat/a.png"]


def test_every_file_that_is_no_picture_is_named(tree, cifar):
    folder = tree(
        "cat/a.png", "cat/.hidden.png", "cat/notes.txt", ".git/x.png", "cat/.dir/b.png", "ship/z.png"
    )
    (folder / "readme.md").write_text("about")
    (folder / "ship" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    (folder / "ship" / "empty").touch()
    (folder / "cat" / "more").symlink_to(folder / "ship")
    data = open_data(str(folder), cifar)
    assert [r.name for r in data.records(range(2))] == ["cat/a.png", "ship/z.png"]
    assert len(data.labels) == 2
    assert data.left_out == (
        ".git is a hidden folder.",
        "readme.md lies in no class's folder.",
        "cat/.dir is a hidden folder.",
        "cat/more is a link to a folder, and only folders themselves are searched.",
        "cat/.hidden.png is a hidden file.",
        "cat/notes.txt is no picture, whatever its name.",
        "ship/Thumbs.db is no picture, whatever its name.",
        "ship/empty is empty.",
    )


@pytest.mark.parametrize(
    "name",
    [
        "a.jfif",
        "a.JFIF",
        "a.jpe",
        "a.dat",
        "a",
        "a.jpg.bak",
        "a.png",
        "a.HEIC",
        "two\nlines.jif",
        "x.jpg/a.jfif",
    ],
)
def test_a_picture_is_told_by_its_bytes(tree, cifar, name):
    folder = tree("cat/before.png")
    picture = folder / "cat" / name
    picture.parent.mkdir(exist_ok=True)
    Image.new("RGB", (32, 32), (250, 120, 20)).save(picture, "JPEG")
    data = open_data(str(folder), cifar)
    assert (len(data.labels), data.left_out) == (2, ())
    (record,) = (r for r in data.records(range(2)) if r.name == f"cat/{name}")
    assert decode(record.image, record.name).getpixel((16, 16))[0] > 240
    assert len(readable_images(data.records(range(2)), (32, 32))) == 2


@pytest.mark.parametrize("name", ["a.heic", "a.heif", "a.avif", "a.AVIF", "a.jxl", "a.ppm", "a.svg", "a.tif"])
def test_a_picture_by_its_name_alone_is_an_image_that_cannot_be_read(tree, cifar, name):
    folder = tree("cat/before.png")
    (folder / "cat" / name).write_bytes(b"words")
    data = open_data(str(folder), cifar)
    assert data.left_out == ()
    sound, _, (corrupt,) = _decoded(data.records(range(2)), (32, 32))
    assert len(sound) == 1
    assert corrupt.reason.startswith(f"cat/{name} is no picture, whatever its name.")


def test_a_picture_of_a_kind_that_is_not_read_is_one_whatever_its_name(tree, cifar):
    folder = tree("cat/before.png")
    Image.new("RGB", (8, 8)).save(folder / "cat" / "a.data", "PPM")
    _, _, (corrupt,) = _decoded(open_data(str(folder), cifar).records(range(2)), (32, 32))
    assert corrupt.reason.startswith("cat/a.data is a PPM, PGM or PBM picture.")


def test_an_unreadable_file_is_a_record_with_a_problem(tree, cifar):
    folder = tree("cat/a.png", "cat/b.png")
    data = open_data(str(folder), cifar)
    (folder / "cat" / "a.png").unlink()
    gone, there = data.records(range(2))
    assert (gone.image, gone.problem) == (None, "cat/a.png cannot be read: No such file or directory.")
    assert there.image is not None


def test_a_broken_link_is_an_unreadable_file(tree, cifar):
    folder = tree("cat/b.png")
    (folder / "cat" / "a.png").symlink_to(folder / "moved" / "a.png")
    gone, there = open_data(str(folder), cifar).records(range(2))
    assert (gone.image, gone.problem) == (None, "cat/a.png cannot be read: No such file or directory.")
    assert there.image is not None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tree, cifar):
    folder = tree("cat/b.png")
    os.mkfifo(folder / "cat" / "a.png")
    pipe, there = open_data(str(folder), cifar).records(range(2))
    assert (pipe.image, pipe.problem) == (None, "cat/a.png is no ordinary file.")
    assert there.image is not None


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([], "pictures holds no data set: expected a sub-folder for each class"),
        (["a.png"], "holds no data set: expected a sub-folder for each class"),
        (
            ["cat/notes.txt"],
            r"holds no data set: there are no PNG, JPEG, .* files in its sub-folders\. 1 file is left out: "
            r"cat/notes\.txt is no picture, whatever its name\.",
        ),
        (
            ["test.parquet", "cat/notes.txt"],
            r"it has parquet files; give one of them, such as .*test\.parquet",
        ),
        (["cat/a.png", "lynx/b.png"], "The folder 'lynx' in .*pictures is no class of autoattack"),
    ],
)
def test_other_folders_are_refused(tree, tmp_path, cifar, files, says):
    (tmp_path / "pictures").mkdir()
    tree(*files)
    with pytest.raises(BadConfig, match=says):
        open_data(str(tmp_path / "pictures"), cifar)


def test_the_fingerprint_follows_names_and_sizes(tree, cifar):
    folder = tree("cat/a.png", "cat/b.png")
    first = open_data(str(folder), cifar).fingerprint
    assert open_data(str(folder), cifar).fingerprint == first
    (folder / "cat" / "b.png").write_bytes(b"shorter")
    second = open_data(str(folder), cifar).fingerprint
    (folder / "cat" / "b.png").rename(folder / "cat" / "c.png")
    assert len({first, second, open_data(str(folder), cifar).fingerprint}) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are always text")
def test_names_that_are_not_text(tree, cifar):
    folder = tree("cat/a.png")
    os.rename(folder / "cat" / "a.png", os.fsencode(folder / "cat") + b"/caf\xe9.png")
    (record,) = open_data(str(folder), cifar).records(range(1))
    assert record.name == os.fsdecode(b"cat/caf\xe9.png")
    assert record.image is not None


def test_the_current_folder_has_a_name(tree, cifar, monkeypatch):
    monkeypatch.chdir(tree("cat/a.png"))
    assert open_data(".", cifar).name == Path.cwd().name == "pictures"
