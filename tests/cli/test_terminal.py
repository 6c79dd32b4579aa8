"""Progress on a terminal, and in a log."""

from __future__ import annotations

import io
import sys

from malt_core.cli.terminal import Status


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_downloads_show_their_progress(monkeypatch):
    for stream, shown in (
        (Terminal(), "\r\033[KDownloading x.pt: 0 of 40 MB\r\033[KDownloading x.pt: 30 of 40 MB"),
        (io.StringIO(), "Downloading x.pt …\n"),
    ):
        monkeypatch.setattr(sys, "stderr", stream)
        status = Status()
        status.download("Downloading x.pt", 0, 40_000_000)
        status.download("Downloading x.pt", 30_000_000, 40_000_000)
        assert stream.getvalue() == shown


def test_a_terminal_gets_one_line_and_a_log_gets_notes(monkeypatch):
    for stream, shown in (
        (Terminal(), "\r\033[Kfirst\r\033[Kthis line is too \r\033[K"),
        (io.StringIO(), "a note\n"),
    ):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("COLUMNS", "18")
        status = Status()
        status.show("first")
        status.note("a note")
        status.show("this line is too long for it")
        status.show()
        assert stream.getvalue() == shown
