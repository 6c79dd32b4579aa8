"""Words of somebody else's, such as names of files, among our own."""

from __future__ import annotations

import re
import string

_MARKS = re.compile(f"([{re.escape(string.punctuation)}])")


def plain(text: str) -> str:
    """The Markdown that shows this text as it is, on one line, whatever it looks like."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
