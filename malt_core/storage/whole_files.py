"""Files that are there as a whole or not at all: written beside their place, forced to disk, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where one folder has one writer at a time by custom only
    fcntl = None


@contextmanager
def whole_file(path: Path, *, new: bool = False) -> Iterator[BinaryIO]:
    """Yield a binary file to write; when the block ends well it takes the place of `path`, else it is gone.

    The file has a name of its own, `file.name`, in the same folder until then. A link at `path` stays a link.
    new: raise FileExistsError where there is a file already, whoever made it in the meantime.
    Raises OSError, and whatever the block raises; `path` is then as it was.
    """
    target = path if new else Path(os.path.realpath(path))
    part = _beside(target, "part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if new:
            _rename_to_new(part, target)
        else:
            part.replace(target)
    finally:
        _remove(part)


def write_whole(path: Path, data: bytes | str, *, new: bool = False) -> None:
    """Write one file, text as UTF-8. new, and what it raises: as for whole_file."""
    with whole_file(path, new=new) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def write_together(folder: Path, files: Mapping[str, bytes | str | None], *, last: str = "") -> list[Path]:
    """Write files that belong together into an existing folder: all of them, or none.

    files: the content by name, text as UTF-8; None: there is to be no such file. last: the name of the file
    that says that the rest is there: it goes first and comes last, so that a folder in which the machine
    stopped half way does not look complete.
    Returns the paths written, in the order of `files`. Raises OSError; the folder is then as it was.
    """
    names = sorted(files, key=lambda name: name == last)
    for name in names:
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
    parts: dict[str, Path] = {}
    try:
        for name in names:
            data = files[name]
            if data is None:
                continue
            parts[name] = _beside(folder / name, "part")
            with parts[name].open("xb") as file:
                file.write(data.encode() if isinstance(data, str) else data)
                file.flush()
                os.fsync(file.fileno())
        with _alone(folder):
            _exchange(folder, names, parts)
    finally:
        for part in parts.values():
            _remove(part)
    return [folder / name for name in files if files[name] is not None]


def _exchange(folder: Path, names: list[str], parts: Mapping[str, Path]) -> None:
    """Put the parts in their places; where that fails, put back what was there."""
    old: dict[str, Path] = {}
    placed: list[Path] = []
    try:
        for name in reversed(names):  # the last one first: without it, what is there is no result
            kept = _beside(folder / name, "old")
            with suppress(FileNotFoundError):
                (folder / name).rename(kept)
                old[name] = kept
        for name in names:
            if name in parts:
                parts[name].replace(folder / name)
                placed.append(folder / name)
    except BaseException:
        for path in reversed(placed):
            _remove(path)
        for name in names:
            if name in old:
                with suppress(OSError):
                    old[name].replace(folder / name)
        raise
    for kept in old.values():
        _remove(kept)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time exchange files in the folder; where that cannot be had, go on without."""
    descriptor = None
    if fcntl is not None:
        with suppress(OSError):  # some network drives know no locks
            descriptor = os.open(folder, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _rename_to_new(part: Path, target: Path) -> None:
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # drives without links
        target.open("x").close()
        part.replace(target)


def _beside(path: Path, end: str) -> Path:
    """Return a name in the same folder that nobody else uses; short, as names may have 255 bytes at most."""
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.{end}")


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
