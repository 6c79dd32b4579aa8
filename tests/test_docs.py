"""docs/commands.md is what the program says; the documentation can be written without a warning."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts import make_docs
from scripts.make_commands import FILE, commands_page


def test_the_commands_page_is_up_to_date(monkeypatch):
    monkeypatch.setenv("COLUMNS", "47")
    assert FILE.read_text("utf-8") == commands_page(), "run python -m scripts.make_commands"


def test_the_readmes_python_part_is_found():
    part = make_docs.python_part((make_docs.ROOT / "README.md").read_text("utf-8"))
    assert part.startswith("## Python\n")
    assert "AutoModelForImageClassification" in part
    assert "## How it is built" not in part


@pytest.mark.slow
def test_a_room_is_documented_without_a_warning(tmp_path):
    code = (
        "import sys, pathlib; from scripts.make_docs import write;"
        "write(pathlib.Path(sys.argv[1]), ['malt_core.own_network'])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=make_docs.ROOT, check=True)
    assert "A network that fails any but" in (
        tmp_path / "malt_core" / "own_network" / "types.html"
    ).read_text("utf-8")
