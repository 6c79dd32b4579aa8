"""What a figure of malt_core/svg_plot.py shows."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True)
class Drawn:
    """symbols: (percent from the left, pixels from the top, colour); intervals: (x1, x2, y1, y2) in the same
    units; curves: the points of each, in percent and pixels.
    """

    alt: str
    words: list[str]
    symbols: list[tuple[float, float, str]]
    intervals: list[tuple[float, float, float, float]]
    curves: list[list[tuple[float, float]]]


def drawn(html: str) -> Drawn:
    """Read it again."""
    _, *above, svg = ElementTree.fromstring(html)

    def number(element: ElementTree.Element, name: str) -> float:
        return float(element.get(name).removesuffix("%"))

    symbols = [
        (number(place, "x"), number(place, "y"), place.find("path").get("stroke"))
        for place in svg.iter("svg")
        if place.find("path") is not None
    ]
    intervals = [
        tuple(number(line, name) for name in ("x1", "x2", "y1", "y2"))
        for line in svg.iter("line")
        if line.get("class") == "mf-interval"
    ]
    curves = [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in svg.iter("polyline")
    ]
    words = [word.text for word in (*svg.iter("text"), *above)]
    return Drawn(svg.get("aria-label"), words, symbols, intervals, curves)
