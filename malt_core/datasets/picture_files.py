"""Which files of a folder are pictures: those whose bytes or names say so. All others are named, with why."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from malt_core.images.kinds import EXTENSIONS, START, kind_of

SHOWN = 3  # files in a message


def sort_out(root: Path, folder: str) -> tuple[list[str], list[str]]:
    """Return the picture files in and under a folder, and a sentence on each file that is none.

    root, folder: the files are named relative to root, sorted; folder: one below it. A file is a picture if
    its bytes are one of any kind, or if it is called like one: whether it can be read is found out later.
    Hidden files and what lies in hidden folders are none. Raises OSError where a folder cannot be listed.
    """
    pictures, others = [], []
    for place, below, files in os.walk(root / folder, onerror=_stop):
        at = Path(place)
        for name in sorted(below):
            shown = (at / name).relative_to(root).as_posix()
            if name.startswith("."):
                others.append(f"{shown} is a hidden folder.")
            elif (at / name).is_symlink():
                others.append(f"{shown} is a link to a folder, and only folders themselves are searched.")
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(files):
            shown = (at / name).relative_to(root).as_posix()
            if reason := why_not(at / name):
                others.append(f"{shown} {reason}.")
            else:
                pictures.append(shown)
    return pictures, others


def why_not(path: Path) -> str:
    """Return why a file is no picture, to be said after its name; "" where it is one."""
    if path.name.startswith("."):
        return "is a hidden file"
    if path.suffix.lower().removeprefix(".") in EXTENSIONS:
        return ""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for somebody to write to it
            return "is no ordinary file"
        with path.open("rb") as file:
            start = file.read(START)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not start:
        return "is empty"
    kind = kind_of(start)
    return "" if kind.picture else f"is {kind.words}"


def left_out_sentence(left_out: Sequence[str]) -> str:
    """Return how many files were left out, and of the first few which and why; "" for none."""
    if not left_out:
        return ""
    count = "1 file is" if len(left_out) == 1 else f"{len(left_out):,} files are"
    more = f" And {len(left_out) - SHOWN:,} more." if len(left_out) > SHOWN else ""
    return f"{count} left out: {' '.join(left_out[:SHOWN])}{more}"


def _stop(error: OSError) -> None:
    raise error
