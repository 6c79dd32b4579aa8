"""Write the library's documentation from its docstrings: `python -m scripts.make_docs` (or `make docs`).

Into build/docs: one page a module, public names only; the first one opens with the README's part on Python.
"""

from __future__ import annotations

import pkgutil
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import malt_core

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "docs"
LEFT_OUT = ("malt_core.cli", "malt_core.__main__")  # see docs/commands.md; it ends the program on import


def python_part(readme: str) -> str:
    """Return the README's sections on Python and on networks of one's own."""
    sections = re.split(r"^(?=## )", readme, flags=re.MULTILINE)
    (python,) = (text for text in sections if text.startswith("## Python\n"))
    (models,) = (text for text in sections if text.startswith("## Models\n"))
    return python + models[models.index("### Your own") :]


def rooms() -> list[str]:
    """Return the names of the package and of all its rooms: pdoc finds what is in each of them by itself."""
    found = (module.name for module in pkgutil.iter_modules(malt_core.__path__, "malt_core."))
    return ["malt_core", *(name for name in found if name not in LEFT_OUT)]


def write(out: Path, names: Sequence[str]) -> None:
    """Write the pages of these packages and modules. Raises on any warning."""
    import pdoc
    import timm  # noqa: F401  it warns on import, in its own name
    import torch  # noqa: F401

    malt_core.__doc__ += "\n" + python_part((ROOT / "README.md").read_text(encoding="utf-8"))
    for public in malt_core.__all__:  # pdoc looks for what is there, not for what would come on first use
        setattr(malt_core, public, getattr(malt_core, public))
    pdoc.render.configure(docformat="markdown", show_source=False, search=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", module=r"(?!pdoc)")
        # msgspec makes __init__ itself, in a module of its own, where the names in annotations mean nothing.
        warnings.filterwarnings("ignore", r"Error parsing type annotation \w+ for [\w.]+\.__init__")
        pdoc.pdoc(*names, output_directory=out)


if __name__ == "__main__":
    write(OUT, rooms())
    print(f"Open {OUT / 'index.html'}")
