"""`malt app`: how it starts Streamlit, and what it says where it cannot. See also test_packaging.py."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

import pytest

from malt_core.cli import app as cli_app
from tests.cli.calls import ROOT, call, refused


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Path, list[str]]]:
    """The folder and the words of each Streamlit that would have been started."""
    starts: list[tuple[Path, list[str]]] = []

    def run_module(name: str, **options: object) -> None:
        assert (name, options) == ("streamlit", {"run_name": "__main__", "alter_sys": True})
        starts.append((Path.cwd(), sys.argv))

    monkeypatch.setattr(runpy, "run_module", run_module)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setenv("OMP_WAIT_POLICY", "")
    monkeypatch.delenv("OMP_WAIT_POLICY")
    monkeypatch.chdir(tmp_path)
    return starts


def test_streamlit_runs_in_the_folder_of_the_app(started):
    assert call("app") == (0, "", "")
    assert started == [(ROOT, ["streamlit", "run", "app.py"])]
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_address_and_port_are_handed_on(started):
    assert call("app", "--host", "0.0.0.0", "--port", "8600") == (0, "", "")
    options = ["--server.address", "0.0.0.0", "--server.port", "8600"]
    assert started == [(ROOT, ["streamlit", "run", "app.py", *options])]


def test_a_cache_given_from_the_current_folder_stays_there(started, tmp_path, monkeypatch):
    monkeypatch.setenv("MALT_LAB_CACHE", "here")
    assert call("app") == (0, "", "")
    assert os.environ["MALT_LAB_CACHE"] == str(tmp_path / "here")


def test_a_missing_streamlit_is_named_with_its_cure(started, monkeypatch):
    monkeypatch.setattr(cli_app, "find_spec", lambda name: None)
    refused("app", says="The app needs the package streamlit: `pip install 'malt-lab[app]'` installs it.")
    assert started == []


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "³"])
def test_a_port_that_is_none(started, port):
    refused("app", f"--port={port}", says=f"'{port}' is no port: give a whole number from 1 to 65535")
    assert started == []
