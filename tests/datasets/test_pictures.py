"""Many pictures, with labels or without."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from malt_core.datasets.pictures import UNLABELLED, open_pictures, zipped_pictures
from malt_core.errors import BadConfig
from malt_core.models.catalogue import model_info

INFO = model_info("autoattack/resnet18-cifar10")


def png(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_zip_with_a_folder_for_each_class_has_labels() -> None:
    files = {"cat/1.png": png(), "dog/1.png": png("blue"), "dog/2.png": png("green")}
    cat, dog = INFO.classes.index("cat"), INFO.classes.index("dog")
    for around in ("", "my photos/"):
        data = zipped({around + name: content for name, content in files.items()})
        held = zipped_pictures(data, "p.zip", INFO, 2)
        assert held.labels == (cat, dog)
        assert (held.name, held.path) == ("p.zip", "p.zip")
        assert held.content[0].image == png()


def test_a_zip_of_any_pictures_has_none(tmp_path: Path) -> None:
    data = zipped({"a.png": png(), "below/b.png": png("blue"), "note.txt": b"hello, this is text"})
    path = tmp_path / "p.zip"
    path.write_bytes(data)
    held = open_pictures(str(path), INFO, 10)
    assert held.labels == (UNLABELLED, UNLABELLED)
    assert [record.name for record in held.content] == ["a.png", "below/b.png"]
    assert len(held.left_out) == 1


def test_a_folder_of_photos(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(png())
    held = open_pictures(str(tmp_path), INFO, 10)
    assert held.labels == (UNLABELLED,)
    assert open_pictures(str(tmp_path), INFO, 10).fingerprint == held.fingerprint


def test_what_holds_no_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="holds no pictures"):
        zipped_pictures(zipped({"a.txt": b"only words here"}), "p.zip", INFO, 5)
    with pytest.raises(BadConfig, match=r"p\.zip cannot be unpacked"):
        zipped_pictures(b"no zip at all", "p.zip", INFO, 5)
    with pytest.raises(BadConfig, match="There is no data set"):
        open_pictures(str(tmp_path / "missing"), INFO, 5)
    outside = zipped_pictures(zipped({"../a.png": png()}), "p.zip", INFO, 5)
    assert [record.name for record in outside.content] == ["a.png"]
