"""The notebooks in examples/ run from the first cell to the last, and carry no outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_they_are_small_and_without_outputs():
    assert [file.stem for file in NOTEBOOKS] == ["data_set", "one_image", "own_network"]
    for file in NOTEBOOKS:
        assert file.stat().st_size < 300_000
        notebook = nbformat.read(file, as_version=4)
        nbformat.validate(notebook)
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


@pytest.mark.slow
def test_they_run(tmp_path, monkeypatch):
    """All in one kernel, which forgets the names of one ahead of the next: torch is loaded once."""
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))
    monkeypatch.setenv("MPLBACKEND", "agg")
    whole = nbformat.v4.new_notebook()
    for file in NOTEBOOKS:
        whole.cells += [nbformat.v4.new_code_cell("%reset -f"), *nbformat.read(file, as_version=4).cells]
    nbclient.NotebookClient(whole, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    said = "".join(out.get("text", "") for cell in whole.cells for out in cell.get("outputs", ()))
    for words in ("right, 0 under attack", "probabilities | ", "✓ A gradient"):
        assert words in said
    assert "✗" not in said
