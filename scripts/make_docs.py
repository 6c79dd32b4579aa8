"""Write the library's documentation from its docstrings: `python -m scripts.make_docs` (or `make docs`).

Into build/docs: one page a module, public names only; the first one opens with the README's part on Python.
"""

from __future__ import annotations

import re
import warnings
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


def write(out: Path, name: str = "malt_core") -> None:
    """Write the pages of a package or module. Raises on any warning."""
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
        pdoc.pdoc(name, *(f"!{name}" for name in LEFT_OUT), output_directory=out)


if __name__ == "__main__":
    write(OUT)
    print(f"Open {OUT / 'index.html'}")
