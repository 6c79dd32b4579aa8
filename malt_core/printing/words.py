"""Words around and on a printed figure. A dollar sign is a dollar sign: no text is read as a formula."""

from __future__ import annotations

import re
import textwrap

PLAIN = {"parse_math": False}
MADE = "Drawn by MALT Lab; the method: arXiv 2407.02240."


def text_of(markup: str | None) -> str:
    """Return the plain text of a text of Plotly's, which may hold tags."""
    return re.sub(r"<[^>]*>", "", re.sub(r"<br\s*/?>", "\n", markup or ""))


def wrapped(text: str, width: int, lines: int) -> str:
    """Break a text into lines of so many letters, at most so many lines."""
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …"))


def shortened(text: str, letters: int) -> str:
    """Return a text of at most so many letters."""
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"
