"""Axes, lines across them and words on them, as a Plotly figure has them, on matplotlib's."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    MultipleLocator,
    NullLocator,
    PercentFormatter,
)

from malt_core.printing.look import Look
from malt_core.printing.traces import DASHES, POINTS
from malt_core.printing.words import PLAIN, text_of, wrapped

SMALL = 10  # points
FEW_DECADES = 1.5  # on a logarithmic axis: up to so many, more numbers than one for each tenfold


def set_scales(axes: Axes, x: Any, y: Any) -> None:
    """Make axes logarithmic where they are: before anything is drawn on them."""
    if x.type == "log":
        axes.set_xscale("log")
    if y.type == "log":
        axes.set_yscale("log")


def finish(axes: Axes, x: Any, y: Any, x_names: list[str], y_names: list[str], look: Look) -> None:
    """Set ranges, numbers and titles: after everything is drawn."""
    for which, axis, names in (("x", x, x_names), ("y", y, y_names)):
        title = wrapped(text_of(axis.title.text), int(7.5 * look.size[0]) if which == "x" else 44, 2)
        getattr(axes, f"set_{which}label")(title, fontsize=SMALL + 1, color=look.theme.ink, **PLAIN)
        _range(axes, which, axis, names)
        _ticks(axes, which, axis, names, look)
    if y.scaleanchor:
        axes.set_aspect("equal", adjustable="box")
    axes.tick_params(colors=look.theme.ink, labelsize=SMALL)
    axes.set_facecolor("none")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(look.theme.quiet)
    if not (x_names and y_names):
        axes.grid(color=(*look.colour(None)[:3], 0.12), linewidth=0.8)
        axes.set_axisbelow(True)


def _range(axes: Axes, which: str, axis: Any, names: list[str]) -> None:
    get, put = getattr(axes, f"get_{which}lim"), getattr(axes, f"set_{which}lim")
    log = axis.type == "log"
    if axis.range is not None:
        put(*(10**end if log else end for end in axis.range))
    elif names:
        put(-0.6, len(names) - 0.4)
    elif axis.rangemode == "tozero" and not log:
        low, high = get()
        put(min(0.0, low) if low < 0 and _least(axes, which) < 0 else 0.0, high)
    if axis.autorange == "reversed":
        getattr(axes, f"invert_{which}axis")()


def _least(axes: Axes, which: str) -> float:
    return axes.dataLim.x0 if which == "x" else axes.dataLim.y0


def _ticks(axes: Axes, which: str, axis: Any, names: list[str], look: Look) -> None:
    drawn = axes.xaxis if which == "x" else axes.yaxis
    if axis.showticklabels is False:
        axes.tick_params(**{"labelbottom" if which == "x" else "labelleft": False})
        if axis.matches is None:
            drawn.set_ticks([])
        return
    if names:
        letters = 26 if which == "y" else max(6, int(10 * look.size[0] / len(names)))
        drawn.set_ticks(range(len(names)), [wrapped(text_of(name), letters, 3) for name in names])
        return
    if axis.type == "log":
        low, high = getattr(axes, f"get_{which}lim")()
        few = abs(math.log10(high / low)) <= FEW_DECADES
        drawn.set_major_locator(LogLocator(subs=(1, 2, 5) if axis.dtick == "D2" or few else (1,)))
        drawn.set_minor_locator(NullLocator())
        drawn.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:,g}" if value < 1e5 else f"{value:g}")
        )
    elif isinstance(axis.dtick, int | float):
        low, high = getattr(axes, f"get_{which}lim")()
        if (high - low) / axis.dtick <= 25:
            drawn.set_major_locator(MultipleLocator(axis.dtick))
    elif axis.tickformat == "d":
        drawn.set_major_locator(MaxNLocator(integer=True))
    if axis.tickvals is not None:
        drawn.set_ticks([float(value) for value in axis.tickvals], [f"{value:g}" for value in axis.tickvals])
    if axis.tickformat and axis.tickformat.endswith("%"):
        drawn.set_major_formatter(PercentFormatter(1, decimals=0))


def draw_line(axes: Axes, shape: Any, look: Look) -> None:
    """Draw a line of a Plotly figure's shapes, which may reach across the whole of the axes."""
    across = {"x": shape.xref.endswith("domain"), "y": shape.yref.endswith("domain")}
    line = {
        "color": look.colour(shape.line.color),
        "linestyle": DASHES[shape.line.dash or "solid"],
        "linewidth": POINTS * (shape.line.width or 2),
        "zorder": 1.5,
    }
    if across["x"]:
        axes.axhline(shape.y0, **line)
    elif across["y"]:
        axes.axvline(shape.x0, **line)
    else:
        axes.plot([shape.x0, shape.x1], [shape.y0, shape.y1], **line)


def write(axes: Axes, note: Any, x: Any, y: Any, look: Look) -> None:
    """Write a Plotly figure's annotation."""
    at, kinds = [], []
    for value, ref, axis in ((note.x, note.xref, x), (note.y, note.yref, y)):
        inside = ref != "paper" and not (ref or "").endswith("domain")
        kinds.append("data" if inside else "axes fraction")
        at.append(10**value if inside and axis.type == "log" else value)
    if kinds == ["axes fraction", "data"] and note.yshift:  # the name of a row, above it
        up = -1 if y.range is not None and y.range[0] > y.range[1] else 1
        where = {"xytext": (0, 2), "ha": "left", "va": "bottom"}
        at[1] += 0.25 * up
    else:
        where = {
            "xytext": (3 * {"left": 1, "right": -1}.get(note.xanchor, 0) + POINTS * (note.xshift or 0), 0),
            "ha": {"left": "left", "right": "right"}.get(note.xanchor, "center"),
            "va": {"top": "top", "bottom": "bottom"}.get(note.yanchor, "center"),
        }
    axes.annotate(
        text_of(note.text),
        tuple(at),
        xycoords=tuple(kinds),
        textcoords="offset points",
        **where,
        fontsize=SMALL - 1,
        color=look.theme.ink,
        annotation_clip=False,
        **PLAIN,
    )
