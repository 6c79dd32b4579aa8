"""A figure of matplotlib as a file."""

from __future__ import annotations

import io
import re

from matplotlib import rc_context
from matplotlib.figure import Figure  # not pyplot, whose global state two users would share

from malt_core.printing.look import PAGE


def png_bytes(figure: Figure) -> bytes:
    """Return the figure as a PNG file, with the pixels an inch that the figure has."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def svg_bytes(figure: Figure) -> bytes:
    """Return the figure as an SVG file. Its words are text, and the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "malt"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def svg_element(figure: Figure, label: str, prefix: str = "") -> str:
    """Return a figure of the look PAGE as an svg element of an HTML page, whose colour of words it takes.

    label: what it shows, for those who do not see it; already escaped as an attribute. prefix: put before its
    ids, so that two of them can stand on one page.
    """
    text = svg_bytes(figure).decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'^<svg([^>]*?) width="[^"]*" height="[^"]*"', r"<svg\1", text)
    text = re.sub(r'^<svg([^>]*?) height="[^"]*"([^>]*?) width="[^"]*"', r"<svg\1\2", text)
    text = text.replace(PAGE.theme.ink, "currentColor").replace(PAGE.theme.quiet, "currentColor")
    text = re.sub(r'(\bid="|xlink:href="#|url\(#)', rf"\1{prefix}", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
