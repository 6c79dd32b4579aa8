"""A Jupyter notebook that repeats a run. It carries its figures, so that it shows before it is run."""

from __future__ import annotations

import base64
import io
import re

import nbformat
from matplotlib.figure import Figure
from nbformat import v4

from malt_core.attack_run import story
from malt_core.attack_run.poster import figure_png
from malt_core.attack_run.record import record_of
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.export import snippet

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|$&])")
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "file_extension": ".py"},
}


def notebook_bytes(run: AttackRun, truth: Truth = None) -> bytes:
    """Return the notebook (.ipynb, format 4) of a run, with the outputs that running its cells gives.

    truth: what the picture shows, see attacks/outcome.py. Raises BadImage where nothing was attacked.
    """
    record = record_of(run)
    figure = figure_png(run, truth)
    shown = "" if truth is None else f", truth={sorted(truth)}"
    cells = [
        v4.new_markdown_cell(
            f"# {_plain(story.headline(record, truth))}\n\n{_plain(story.told(record, truth))}\n\n"
            f"Run the cells to attack again. {snippet.NEEDS}"
        ),
        _code(
            "from IPython.display import Image, display\n\n"
            f"{snippet.picture(run)}\n{snippet.attack(run)}\n"
            "from malt_core.attack_run.poster import figure_png\n\n"
            f"display(Image(figure_png(run{shown})))",
            _image(figure),
        ),
        v4.new_markdown_cell("The numbers, and the two curves, to go on with:"),
        _code(snippet.TOLD, v4.new_output("stream", name="stdout", text=_said(run))),
        _code(snippet.AXES + snippet.DRAWN + "plt.show()", _image(_curves(run))),
    ]
    for place, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{place}"  # equal runs make equal notebooks
    return nbformat.writes(v4.new_notebook(cells=cells, metadata=METADATA)).encode("utf-8", "replace")


def _code(source: str, output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return v4.new_code_cell(source.rstrip(), outputs=[output])


def _image(png: bytes) -> nbformat.NotebookNode:
    data = {"image/png": base64.b64encode(png).decode("ascii"), "text/plain": "<a figure>"}
    return v4.new_output("display_data", data=data)


def _said(run: AttackRun) -> str:
    """Return what the cell prints: the very code is run."""
    lines: list[str] = []
    exec(snippet.TOLD, {"run": run, "print": lines.append})
    return "".join(f"{line}\n" for line in lines)


def _curves(run: AttackRun) -> bytes:
    """Return what the cell draws; not through pyplot, whose global state two users would share."""
    figure = Figure((9, 4), layout="constrained")
    exec(snippet.DRAWN, {"run": run, "axes": figure.subplots()})
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _plain(text: str) -> str:
    """Return the Markdown that shows this text as it is."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
