"""Folders that results are written to: made and tried out before any work, with errors for people."""

from __future__ import annotations

import os
from pathlib import Path

from malt_core.errors import BadConfig


def cannot_write(folder: Path, error: OSError) -> BadConfig:
    """Return the error for people that says why nothing can be written to the folder."""
    in_the_way = isinstance(error, (FileExistsError, NotADirectoryError, IsADirectoryError))
    reason = f"{error.filename} is in the way" if in_the_way else error.strerror
    return BadConfig(f"Cannot write to {folder}: {reason}. Choose another folder with --out.")


def prepare_folder(folder: Path) -> None:
    """Make the folder and make sure that files can be written there. Raises BadConfig if they cannot."""
    probe = folder / f".malt-write-test-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise cannot_write(folder, error) from error
