"""Each kind of curve, point, bar and field that our Plotly figures use, drawn on matplotlib's axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from malt_core.errors import BadConfig
from malt_core.printing.look import Look

MARKERS = {
    "circle": "o",
    "square": "s",
    "triangle-up": "^",
    "diamond": "D",
    "cross": "P",
    "x": "X",
    "star": "*",
    "pentagon": "p",
    "line-ns": "|",
}
DASHES = {"solid": "-", "dot": ":", "dash": "--", "dashdot": "-."}
POINTS = 0.75  # of Plotly's pixels
NAMED = 12  # kinds of cells that a legend names
MANY = 1500  # cells from which a field is a picture inside an SVG, or it would have megabytes


@dataclass
class Place:
    """One pair of axes while it is drawn on.

    x_names, y_names: what stands at 0, 1, 2, … where an axis has names instead of numbers; keys: of the
    legend; last: the points of the curve before; bars: how many groups of bars there are, and are drawn.
    """

    axes: Axes
    look: Look
    x_names: list[str] = field(default_factory=list)
    y_names: list[str] = field(default_factory=list)
    keys: list[tuple[Any, str]] = field(default_factory=list)
    last: tuple[np.ndarray, np.ndarray] | None = None
    bars: int = 1
    drawn_bars: int = 0


def numbers(values: Sequence[Any] | None, names: list[str] | None = None) -> np.ndarray:
    """Return values as floats, NaN for None; words as their places in `names`, which grows."""
    found = []
    for value in () if values is None else values:
        if isinstance(value, str) and names is not None:
            if value not in names:
                names.append(value)
            found.append(float(names.index(value)))
        else:
            found.append(math.nan if value is None else float(value))
    return np.array(found)


def draw(trace: Any, place: Place) -> None:
    """Draw one trace of a Plotly figure. Raises BadConfig for a kind that none of our figures has."""
    if trace.type not in KINDS:
        raise BadConfig(f"A trace of the kind {trace.type} cannot be printed: none of our figures has one.")
    key = KINDS[trace.type](trace, place)
    if key is not None and trace.showlegend is not False and trace.name:
        place.keys.append((key, trace.name))


def _scatter(trace: Any, place: Place) -> Any:
    axes, look, alpha = place.axes, place.look, trace.opacity
    x, y = numbers(trace.x, place.x_names), numbers(trace.y, place.y_names)
    before, place.last = place.last, (x, y)
    if trace.fill == "toself" and len(x):
        axes.fill(x, y, facecolor=look.colour(trace.fillcolor), linewidth=0)
    elif trace.fill == "tonexty" and before is not None:
        axes.fill_between(x, before[1], y, facecolor=look.colour(trace.fillcolor), linewidth=0)
    mode = trace.mode or "lines"
    lines = "lines" in mode and trace.line.width != 0
    colour = look.colour(trace.line.color if lines else _first(trace.marker.color) or trace.line.color)
    for which, error in (("xerr", trace.error_x), ("yerr", trace.error_y)):
        if error.array is not None:
            ends = {which: [numbers(error.arrayminus), numbers(error.array)]}
            axes.errorbar(x, y, **ends, fmt="none", ecolor=colour, elinewidth=1.2, capsize=3)
    key = None
    if lines:
        step = "steps-post" if trace.line.shape == "hv" else "default"
        how = {
            "linestyle": DASHES[trace.line.dash or "solid"],
            "linewidth": POINTS * (trace.line.width or 2) * 1.15,
        }
        (key,) = axes.plot(x, y, color=colour, drawstyle=step, alpha=alpha, **how)
    if "markers" in mode:
        key = _markers(trace, place, x, y, colour, key)
    return key


def _markers(trace: Any, place: Place, x: np.ndarray, y: np.ndarray, colour: Any, line: Any) -> Any:
    name = _first(trace.marker.symbol) or "circle"
    edge = place.look.colour(trace.marker.color) if isinstance(trace.marker.color, str) else colour
    shape = {
        "marker": MARKERS[name.removesuffix("-open")],
        "markersize": POINTS * (trace.marker.size or 6) * 1.1,
        "markerfacecolor": "none" if name.endswith("-open") else edge,
        "markeredgecolor": edge,
        "alpha": trace.marker.opacity or trace.opacity,
    }
    place.axes.plot(x, y, linestyle="none", clip_on=False, zorder=3, **shape)
    if line is None:
        return Line2D([], [], linestyle="none", **shape)
    return Line2D(
        [],
        [],
        color=line.get_color(),
        linestyle=line.get_linestyle(),
        linewidth=line.get_linewidth(),
        **shape,
    )


def _bar(trace: Any, place: Place) -> Any:
    axes, level = place.axes, trace.orientation == "h"
    wide = 0.8 / place.bars
    shift = wide * (place.drawn_bars - (place.bars - 1) / 2)
    place.drawn_bars += 1
    where = numbers(trace.y, place.y_names) if level else numbers(trace.x, place.x_names)
    long = numbers(trace.x if level else trace.y)
    colour, error = place.look.colour(trace.marker.color), trace.error_x if level else trace.error_y
    (axes.barh if level else axes.bar)(where + shift, long, wide * 0.92, color=colour)
    if error.array is not None:
        ends = [numbers(error.arrayminus), numbers(error.array)]
        how: dict[str, Any] = {"fmt": "none", "ecolor": place.look.theme.ink, "elinewidth": 1, "capsize": 2}
        if level:
            axes.errorbar(long, where + shift, xerr=ends, **how)
        else:
            axes.errorbar(where + shift, long, yerr=ends, **how)
    for at, height, text in zip(where, long, trace.text or (), strict=False):
        axes.annotate(
            text, (at + shift, height), (0, 3), textcoords="offset points", ha="center", fontsize=9,
            color=place.look.theme.ink,
        )  # fmt: skip
    return Patch(color=colour)


def _box(trace: Any, place: Place) -> Any:
    values = numbers(trace.y)
    at, colour = numbers([trace.name], place.x_names)[0], place.look.colour(trace.marker.color)
    line = {"color": colour, "linewidth": 1.4}
    place.axes.boxplot(
        values[np.isfinite(values)], positions=[at], widths=0.45, showfliers=False,
        boxprops=line, whiskerprops=line, capprops=line, medianprops=line,
    )  # fmt: skip
    spread = [0.3 * ((0.618 * i) % 1 - 0.5) for i in range(len(values))]  # even, and the same each time
    place.axes.plot(at + np.array(spread), values, "o", color=colour, markersize=3.5, alpha=0.7)
    return None


def _heatmap(trace: Any, place: Place) -> Any:
    z = np.array([numbers(line) for line in trace.z])
    rows, columns = z.shape
    x = numbers(trace.x, place.x_names) if trace.x is not None else np.arange(columns)
    y = numbers(trace.y, place.y_names) if trace.y is not None else np.arange(rows)
    cells = _colours(trace, z, place.look)
    half_x = (x[1] - x[0]) / 2 if columns > 1 else 0.5
    half_y = (y[1] - y[0]) / 2 if rows > 1 else 0.5
    if rows * columns >= MANY:
        extent = (x[0] - half_x, x[-1] + half_x, y[0] - half_y, y[-1] + half_y)
        place.axes.imshow(cells, extent=extent, origin="lower", aspect="auto", interpolation="nearest")
    else:
        tall = 0.5 if trace.ygap and trace.ygap > 10 else 1.0  # names stand between rows
        wide = 0.9 if trace.xgap else 1.0
        for i, j in np.ndindex(rows, columns):
            corner = (x[j] - wide * half_x, y[i] - tall * half_y)
            place.axes.add_patch(_rectangle(corner, 2 * wide * half_x, 2 * tall * half_y, cells[i, j]))
        place.axes.set_xlim(x[0] - half_x, x[-1] + half_x)
        place.axes.set_ylim(y[0] - half_y, y[-1] + half_y)
    if trace.texttemplate:
        for i, j in np.ndindex(rows, columns):
            said = {"ha": "center", "va": "center", "fontsize": 10, "color": place.look.theme.ink}
            place.axes.text(x[j], y[i], trace.text[i][j], **said)
    elif trace.text is not None:
        _named_cells(trace, cells, place)
    return None


def _named_cells(trace: Any, cells: np.ndarray, place: Place) -> None:
    """Put what the cells are into the legend, where they are of few kinds."""
    kinds = {trace.text[i][j]: cells[i, j] for i, j in np.ndindex(cells.shape[:2])}
    if len(kinds) <= NAMED:
        place.keys += [(Patch(color=colour), name) for name, colour in kinds.items()]


def _rectangle(corner: tuple[float, float], wide: float, tall: float, colour: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, wide, tall, facecolor=colour, linewidth=0)


def _colours(trace: Any, z: np.ndarray, look: Look) -> np.ndarray:
    low = np.nanmin(z) if trace.zmin is None else trace.zmin
    high = np.nanmax(z) if trace.zmax is None else trace.zmax
    share = (z - low) / ((high - low) or 1)
    places = [stop for stop, _ in trace.colorscale]
    channels = np.array([look.colour(colour) for _, colour in trace.colorscale])
    cells = np.stack([np.interp(np.nan_to_num(share), places, channels[:, i]) for i in range(4)], axis=-1)
    cells[..., 3] *= 1.0 if trace.opacity is None else trace.opacity
    cells[np.isnan(z)] = 0
    return cells


def _contour(trace: Any, place: Place) -> Any:
    x, y = numbers(trace.x), numbers(trace.y)
    z = np.array([numbers(line) for line in trace.z])
    level, colour = trace.contours.start, place.look.colour(trace.line.color)
    how = {"linestyle": DASHES[trace.line.dash or "solid"], "linewidth": POINTS * (trace.line.width or 2)}
    if np.nanmin(z) < level < np.nanmax(z):
        place.axes.contour(
            x, y, z, [level], colors=[colour], linestyles=how["linestyle"], linewidths=how["linewidth"]
        )
    return Line2D([], [], color=colour, **how)


def _first(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else next(iter(value), None)


KINDS: dict[str, Callable[[Any, Place], Any]] = {
    "scatter": _scatter,
    "bar": _bar,
    "box": _box,
    "heatmap": _heatmap,
    "contour": _contour,
}
