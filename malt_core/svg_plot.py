"""A plot as a piece of HTML that a browser draws at once, whatever its width: no script, no library.

For the first figure of a page, which must not wait for Plotly's five megabytes. Points, curves and intervals
against numbers, or against rows with names. Words and axes take the colour of the text around them. Imports
nothing but the standard library.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LETTERS = 15  # pixels
BAR = 16  # pixels of a bar, with the gap below it
ROW = 46  # pixels of a row: its name, and below it its marks
LEFT, RIGHT = 12, 20  # pixels beside the plot; numbers of an upright axis need more
NUMBERS = 44
BELOW = 46  # pixels for the numbers of the level axis, and its title
R = 6.5  # half the size of a symbol
SYMBOLS = {
    "circle": f"M{-R} 0a{R} {R} 0 1 0 {2 * R} 0a{R} {R} 0 1 0 {-2 * R} 0z",
    "square": f"M{-R + 1} {-R + 1}H{R - 1}V{R - 1}H{-R + 1}z",
    "triangle-up": f"M0 {-R}L{R} {R - 1}H{-R}z",
    "diamond": f"M0 {-R - 1}L{R} 0L0 {R + 1}L{-R} 0z",
    "cross": "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2z",
    "x": "M0 -3L4 -7L7 -4L3 0L7 4L4 7L0 3L-4 7L-7 4L-3 0L-7 -4L-4 -7z",
    "star": "M0 -7.5L1.8 -2.4L7.1 -2.3L2.9 .9L4.4 6.1L0 3L-4.4 6.1L-2.9 .9L-7.1 -2.3L-1.8 -2.4z",
    "pentagon": "M0 -7L6.7 -2.2L4.1 5.7H-4.1L-6.7 -2.2z",
    "line-ns": "M-1.5 -8H1.5V8H-1.5z",
}
"""Paths around (0, 0), by Plotly's names."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """low, high: what its ends stand for; ticks: where it has a number; labels: other words for these, such
    as the numbers themselves where the values are logarithms.
    """

    title: str
    low: float
    high: float
    ticks: Sequence[float]
    labels: Sequence[str] = ()

    @property
    def words(self) -> Sequence[str]:
        """What stands at its ticks."""
        return self.labels or [_number(tick) for tick in self.ticks]

    def share(self, value: float) -> float:
        """Where a value stands, 0 at the low end and 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What belongs together: points of one look, a curve through them, or both.

    x, y: where the points are; with rows, y is the number of the row. symbol: a key of SYMBOLS, "" for none.
    curve: whether a line joins them; dash: its SVG dash pattern. hollow: only the edge of a symbol.
    x_intervals, y_intervals: for each point from where to where, None for none. tips: shown when pointed at.
    """

    x: Sequence[float]
    y: Sequence[float]
    colour: str
    symbol: str = "circle"
    hollow: bool = False
    curve: bool = False
    dash: str = ""
    x_intervals: Sequence[tuple[float, float] | None] = ()
    y_intervals: Sequence[tuple[float, float] | None] = ()
    tips: Sequence[str] = ()


def rows_plot(names: Sequence[str], x: Axis, marks: Sequence[Marks], *, alt: str) -> str:
    """A plot with a row for each name, the first at the top."""
    height = ROW * len(names) + 8
    places = [ROW * row + 33 for row in range(len(names))]
    words = "".join(
        f'<text x="0" y="{ROW * row + 17}">{html.escape(name)}</text>' for row, name in enumerate(names)
    )
    drawn = "".join(_marks(one, x, lambda row: places[int(row)], height) for one in marks)
    return _framed(_level_axis(x, height) + words + drawn, height, left=LEFT, alt=alt)


@dataclass(frozen=True, kw_only=True)
class Bars:
    """One bar in each row, from 0 to its value, of one colour. name: for the legend.

    values: one for each row; intervals: from where to where chance alone can move each, None for none.
    """

    name: str
    values: Sequence[float]
    colour: str
    intervals: Sequence[tuple[float, float] | None] = ()
    tips: Sequence[str] = ()


def bars_plot(names: Sequence[str], x: Axis, bars: Sequence[Bars], *, alt: str) -> str:
    """A plot with a group of level bars for each name, the first at the top, and a legend above."""
    row = 26 + BAR * len(bars) + 8
    height, drawn = row * len(names), []
    for number, name in enumerate(names):
        top = row * number
        drawn.append(f'<text x="0" y="{top + 18}">{html.escape(name)}</text>')
        for place, each in enumerate(bars):
            drawn.append(_bar(each, number, x, top + 26 + BAR * place))
    legend = "".join(
        f'<span class="mf-key"><i style="background: {each.colour}"></i>{html.escape(each.name)}</span>'
        for each in bars
    )
    return _framed(_level_axis(x, height) + "".join(drawn), height, left=LEFT, legend=legend, alt=alt)


def _bar(bars: Bars, number: int, x: Axis, top: float) -> str:
    tip = f"<title>{html.escape(bars.tips[number])}</title>" if bars.tips else ""
    width = _percent(max(0.0, x.share(bars.values[number])))
    look = f'fill="{bars.colour}" x="0" y="{top}" width="{width}" height="{BAR - 3}"'
    drawn = f"<rect {look}>{tip}</rect>"
    if bars.intervals and (ends := bars.intervals[number]):
        low, high = (_percent(x.share(end)) for end in ends)
        down, ink = top + (BAR - 3) / 2, "currentcolor"
        drawn += _interval(ink, (low, high, down, down))
        drawn += "".join(_interval(ink, (end, end, down - 4, down + 4)) for end in (low, high))
    return drawn


def plot(x: Axis, y: Axis, marks: Sequence[Marks], *, height: int = 280, alt: str) -> str:
    """A plot of numbers against numbers. height: of what is between the axes, in pixels."""
    upright = "".join(
        f'<line class="mf-grid" x1="0" x2="100%" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text class="mf-quiet" x="-8" y="{at + 5:.1f}" text-anchor="end">{html.escape(word)}</text>'
        for tick, word in zip(y.ticks, y.words, strict=True)
        for at in [height * (1 - y.share(tick))]
    )
    drawn = "".join(_marks(one, x, lambda value: height * (1 - y.share(value)), height) for one in marks)
    inside = _level_axis(x, height) + upright + drawn
    return _framed(inside, height, left=NUMBERS + LEFT, above=y.title, alt=alt)


def _framed(inside: str, height: int, *, left: int, above: str = "", legend: str = "", alt: str) -> str:
    """above: the title of the upright axis; unlike words in an SVG, it takes as many lines as it needs.

    legend: HTML.
    """
    frame = f"padding: 0 {RIGHT}px {BELOW}px {left}px"
    words = f'<div class="mf-above" style="margin-left: {-left}px">{html.escape(above)}</div>'
    keys = f'<div class="mf-legend">{legend}</div>' if legend else ""
    look = f'role="img" width="100%" height="{height}" aria-label="{html.escape(alt)}"'
    return (
        f'<div class="malt-figure" style="{frame}"><style>{_STYLE}</style>{words if above else ""}{keys}'
        f"<svg {look}>{inside}</svg></div>"
    )


_STYLE = f"""
.malt-figure {{ box-sizing: border-box; color: var(--st-text-color); }}
.malt-figure {{ font-family: var(--st-font, system-ui, sans-serif); }}
.malt-figure svg {{ display: block; overflow: visible; }}
.malt-figure text {{ fill: currentcolor; font-size: {LETTERS}px; }}
.malt-figure .mf-above {{ font-size: {LETTERS}px; line-height: 1.3; opacity: 0.8; padding-bottom: 10px; }}
.malt-figure .mf-quiet {{ opacity: 0.8; }}
.malt-figure .mf-grid {{ stroke: currentcolor; opacity: 0.15; }}
.malt-figure .mf-curve {{ fill: none; stroke-width: 2.5px; vector-effect: non-scaling-stroke; }}
.malt-figure .mf-legend {{ display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: {LETTERS}px; }}
.malt-figure .mf-key i {{ display: inline-block; width: 12px; height: 12px; margin-right: 7px; }}
.malt-figure .mf-interval {{ stroke-width: 1.5px; }}
"""


def _level_axis(x: Axis, height: int) -> str:
    ticks = "".join(
        f'<line class="mf-grid" x1="{at}" x2="{at}" y1="0" y2="{height}"/>'
        f'<text class="mf-quiet" x="{at}" y="{height + 19}" text-anchor="middle">{html.escape(word)}</text>'
        for tick, word in zip(x.ticks, x.words, strict=True)
        for at in [_percent(x.share(tick))]
    )
    title = html.escape(x.title)
    return f'{ticks}<text class="mf-quiet" x="50%" y="{height + 40}" text-anchor="middle">{title}</text>'


def _marks(marks: Marks, x: Axis, place: Callable[[float], float], height: int) -> str:
    """place: from y to pixels from the top."""
    parts = [_curve(marks, x, place, height)] if marks.curve else []
    for number, (x_value, y_value) in enumerate(zip(marks.x, marks.y, strict=True)):
        at, down = _percent(x.share(x_value)), place(y_value)
        tip = f"<title>{html.escape(marks.tips[number])}</title>" if marks.tips else ""
        if marks.x_intervals and (ends := marks.x_intervals[number]):
            low, high = (_percent(x.share(end)) for end in ends)
            parts.append(_interval(marks.colour, (low, high, down, down)))
            parts += [_interval(marks.colour, (end, end, down - 4, down + 4)) for end in (low, high)]
        if marks.y_intervals and (ends := marks.y_intervals[number]):
            parts.append(_interval(marks.colour, (at, at, place(ends[0]), place(ends[1]))))
        if marks.symbol:
            look = f'fill="{"none" if marks.hollow else marks.colour}" stroke="{marks.colour}"'
            shape = f'<path d="{SYMBOLS[marks.symbol]}" {look}>{tip}</path>'
            parts.append(f'<svg x="{at}" y="{down:.1f}" overflow="visible">{shape}</svg>')
    return "".join(parts)


def _interval(colour: str, ends: tuple[str, str, float, float]) -> str:
    x1, x2, y1, y2 = ends
    where = f'x1="{x1}" x2="{x2}" y1="{y1:.1f}" y2="{y2:.1f}"'
    return f'<line class="mf-interval" stroke="{colour}" {where}/>'


def _curve(marks: Marks, x: Axis, place: Callable[[float], float], height: int) -> str:
    points = " ".join(f"{100 * x.share(a):.3f},{place(b):.2f}" for a, b in zip(marks.x, marks.y, strict=True))
    look = f'class="mf-curve" stroke="{marks.colour}" stroke-dasharray="{marks.dash}"'
    return (
        f'<svg viewBox="0 0 100 {height}" preserveAspectRatio="none" width="100%" height="{height}">'
        f'<polyline points="{points}" {look}/></svg>'
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3f}%"


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
