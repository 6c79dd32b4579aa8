"""Progress on standard error: one line that is written over and over, or, where nobody watches, few lines."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress


def say(*words: str, sep: str = " ", end: str = "\n") -> None:
    """Print on standard error; that nobody listens there stops no work."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(*words, sep=sep, end=end, file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Return the text in one line; what could steer a terminal, as names of files may, is shown as "?"."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))


class Status:
    """One line on a terminal's standard error that is written over and over; elsewhere, downloads only."""

    def __init__(self) -> None:
        self.live = sys.stderr is not None and sys.stderr.isatty()
        self.announced = ""

    def show(self, text: str = "") -> None:
        """Write this over the line; without text the line goes away. Nothing where there is no terminal."""
        if self.live:
            fitting = text[: shutil.get_terminal_size().columns - 1]
            say(f"\r\033[K{fitting}", end="")

    def note(self, text: str) -> None:
        """Leave a line of its own for those who read a log, nothing on a terminal."""
        if not self.live:
            say(text)

    def download(self, message: str, done: int, total: int | None) -> None:
        """Show how far a download is; see models.downloads.Progress."""
        if self.live:
            size = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
            self.show(f"{message}: {size}")
        elif message != self.announced:
            self.announced = message
            self.note(f"{message} …")
