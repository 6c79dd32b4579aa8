"""Our own warnings are lines on standard error, each once; others' stay as they are."""

import warnings

import pytest

from malt_core.cli import main as cli
from malt_core.errors import MaltWarning


def test_own_warnings_are_said_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def speak(_args):
        for _ in range(3):
            warnings.warn("There is noise\nin it.", MaltWarning, stacklevel=1)

    monkeypatch.setattr(cli, "_list_models", speak)
    assert cli.main(["models"]) == 0
    assert capsys.readouterr().err == "malt_core: There is noise in it.\n"
