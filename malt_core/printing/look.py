"""How a printed figure looks: its colours and its size."""

from __future__ import annotations

from dataclasses import dataclass, replace

from matplotlib.colors import to_rgba

from malt_core.figure_style import INK, QUIET

DPI = 150
Colour = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Look:
    """name: for people; paper: the background, "none" for what is behind; ink, quiet: words and lines on it;
    size: in inches, of DPI pixels each.
    """

    name: str
    paper: str = "#ffffff"
    ink: str = INK
    quiet: str = QUIET
    size: tuple[float, float] = (12.0, 6.75)

    @property
    def is_narrow(self) -> bool:
        """Whether it is for a phone: what stands side by side stands one above the other."""
        return self.size[0] < 6

    def colour(self, text: str | None) -> Colour:
        """Return one of Plotly's colours, ours for words and lines as this look has them."""
        if text in (None, INK):
            return to_rgba(self.ink)
        if text == QUIET:
            return to_rgba(self.quiet)
        if text.startswith("rgba("):
            red, green, blue, alpha = (float(part) for part in text[5:-1].split(","))
            return red / 255, green / 255, blue / 255, alpha
        return to_rgba(text)


LIGHT = Look(name="light")
DARK = Look(name="dark", paper="#10161d", ink="#e8edf2", quiet="#b9c2cb")
SQUARE = Look(name="square", size=(8.0, 8.0))
NARROW = Look(name="narrow", size=(5.0, 5.6))
LOOKS = {look.name: look for look in (LIGHT, DARK, SQUARE, NARROW)}

# Two colours that nothing else has: in the drawing on a page they become the colour of the page's own words.
PAGE = Look(name="page", paper="none", ink="#010203", quiet="#010204", size=(10.0, 5.6))
NARROW_PAGE = replace(PAGE, name="narrow page", size=NARROW.size)
