"""Whatever stops the writing of files: what is there is whole, and of one run."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from malt_core.storage import whole_files
from malt_core.storage.whole_files import whole_file, write_together, write_whole

FIRST = {"a.png": b"first a", "b.html": "first b", "run.json": "first"}
SECOND = {"a.png": b"second a", "b.html": None, "c.txt": "sécond", "run.json": "second"}


def content(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def fails_at(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, call: int) -> None:
    """Let the function fail at its call number `call`, as on a full disk."""
    real, count = getattr(owner, name), 0

    def sometimes(*args, **kwargs):
        nonlocal count
        count += 1
        if count == call:
            raise OSError(28, "No space left on device")
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, sometimes)


def test_a_file_is_there_when_the_block_ends(tmp_path):
    file = tmp_path / "a.txt"
    with whole_file(file) as stream:
        stream.write(b"half")
        assert not file.exists()
        assert Path(stream.name).parent == tmp_path
    assert content(tmp_path) == {"a.txt": "half"}
    write_whole(file, "whole é")
    assert content(tmp_path) == {"a.txt": "whole é"}


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    write_whole(tmp_path / "a.txt", "old")

    def begin_and_fail() -> None:
        with whole_file(tmp_path / "a.txt") as stream:
            stream.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin_and_fail()
    assert content(tmp_path) == {"a.txt": "old"}


def test_a_new_file_takes_nobodys_place(tmp_path):
    write_whole(tmp_path / "plan.json", "mine", new=True)
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "plan.json", "yours", new=True)
    assert content(tmp_path) == {"plan.json": "mine"}


def test_a_new_file_on_a_drive_without_links(tmp_path, monkeypatch):
    fails_at(monkeypatch, os, "link", 1)
    write_whole(tmp_path / "plan.json", "mine", new=True)
    assert content(tmp_path) == {"plan.json": "mine"}


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "real" / "a.txt")
    write_whole(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert content(tmp_path / "real") == {"a.txt": "new"}


def test_a_long_name_has_room_beside_it(tmp_path):
    write_whole(tmp_path / ("n" * 250 + ".txt"), "new")
    assert len(list(tmp_path.iterdir())) == 1


def test_files_that_belong_together(tmp_path):
    assert write_together(tmp_path, FIRST, last="run.json") == [tmp_path / name for name in FIRST]
    written = write_together(tmp_path, SECOND, last="run.json")
    assert [path.name for path in written] == ["a.png", "c.txt", "run.json"]
    assert content(tmp_path) == {"a.png": "second a", "c.txt": "sécond", "run.json": "second"}


@pytest.mark.parametrize(
    ("owner", "name", "call"),
    [(os, "fsync", call) for call in (1, 2, 3)]
    + [(Path, "rename", call) for call in (1, 2, 3)]
    + [(Path, "replace", call) for call in (1, 2, 3)],
)
def test_wherever_it_fails_the_first_run_is_whole(tmp_path, monkeypatch, owner, name, call):
    write_together(tmp_path, FIRST, last="run.json")
    with monkeypatch.context() as patch:
        fails_at(patch, owner, name, call)
        with pytest.raises(OSError, match="No space left"):
            write_together(tmp_path, SECOND, last="run.json")
    assert content(tmp_path) == {"a.png": "first a", "b.html": "first b", "run.json": "first"}


def test_a_folder_in_the_way_is_found_before_anything_is_written(tmp_path):
    write_together(tmp_path, FIRST, last="run.json")
    (tmp_path / "c.txt").mkdir()
    with pytest.raises(IsADirectoryError) as error:
        write_together(tmp_path, SECOND, last="run.json")
    assert error.value.filename == str(tmp_path / "c.txt")
    (tmp_path / "c.txt").rmdir()
    assert content(tmp_path) == {"a.png": "first a", "b.html": "first b", "run.json": "first"}


def test_the_last_file_is_gone_before_any_other_changes(tmp_path, monkeypatch):
    """A machine that stops half way leaves a folder that does not look complete."""
    write_together(tmp_path, FIRST, last="run.json")
    seen = []
    real = Path.replace

    def watched(self: Path, target: Path) -> Path:
        seen.append((target.name, (tmp_path / "run.json").exists()))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    write_together(tmp_path, SECOND, last="run.json")
    assert seen == [("a.png", False), ("c.txt", False), ("run.json", False)]


@pytest.mark.skipif(whole_files.fcntl is None, reason="this system has no locks on folders")
def test_two_at_once_leave_the_files_of_one(tmp_path):
    def write(who: str) -> None:
        for turn in range(20):
            write_together(
                tmp_path, dict.fromkeys(("a", "b", "c", "run.json"), f"{who}{turn}"), last="run.json"
            )

    threads = [threading.Thread(target=write, args=(who,)) for who in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(tmp_path).keys() == {"a", "b", "c", "run.json"}
    assert len(set(content(tmp_path).values())) == 1
