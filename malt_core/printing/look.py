"""How a printed figure looks: its colours and its size."""

from __future__ import annotations

from dataclasses import dataclass, replace

from matplotlib.colors import to_rgba

from malt_core import figure_style
from malt_core.figure_style import INK, LINEAR, QUIET, Theme

Colour = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Look:
    """name: for people; theme: its colours, the paper "none" for what is behind; size: in inches; dpi: how
    many pixels an inch of a PNG has.
    """

    name: str
    theme: Theme = figure_style.LIGHT
    size: tuple[float, float] = (12.0, 6.75)
    dpi: int = 100

    @property
    def is_narrow(self) -> bool:
        """Whether it is for a phone: what stands side by side stands one above the other."""
        return self.size[0] < 6

    def colour(self, text: str | None) -> Colour:
        """Return one of Plotly's colours, ours for words and lines as this look has them."""
        ours = {None: self.theme.ink, INK: self.theme.ink, QUIET: self.theme.quiet, LINEAR: self.theme.linear}
        if text in ours:
            return to_rgba(ours[text])
        if text.startswith("rgba("):
            red, green, blue, alpha = (float(part) for part in text[5:-1].split(","))
            return red / 255, green / 255, blue / 255, alpha
        return to_rgba(text)


LIGHT = Look(name="light")
DARK = Look(name="dark", theme=figure_style.DARK)
SQUARE = Look(name="square", size=(8.0, 8.0), dpi=150)
NARROW = Look(name="narrow", size=(5.0, 5.6), dpi=150)
LOOKS = {look.name: look for look in (LIGHT, DARK, SQUARE, NARROW)}

# Two colours that nothing else has: in the drawing on a page they become the colour of the page's own words.
_PAGE = replace(figure_style.LIGHT, paper="none", ink="#010203", quiet="#010204")
PAGE = Look(name="page", theme=_PAGE, size=(10.0, 5.6))
NARROW_PAGE = replace(PAGE, name="narrow page", size=NARROW.size)
