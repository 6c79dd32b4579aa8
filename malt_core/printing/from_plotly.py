"""A Plotly figure as matplotlib draws it: one way from what a page shows to a PNG and an SVG, no browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from malt_core.printing import axes as our_axes
from malt_core.printing.look import LIGHT, Look
from malt_core.printing.traces import Place, draw
from malt_core.printing.words import MADE, PLAIN, shortened, text_of, wrapped

if TYPE_CHECKING:
    import plotly.graph_objects as go

NAME = 60  # letters of a name in the legend
TITLE = 14  # points


def printed(figure: go.Figure, *, title: str, caption: str, look: Look = LIGHT) -> Figure:
    """Return the figure as matplotlib draws it, with a title above and what is shown below it.

    caption: network, ε, number of images: what makes the picture true wherever it is seen. Both are plain
    text. Raises BadConfig for a kind of trace that none of our figures has.
    """
    drawing = Figure(look.size, look.dpi, facecolor=look.theme.paper, layout="constrained")
    places = _places(figure, drawing, look)
    for trace in figure.data:
        draw(trace, places[_axes_of(trace)])
    for shape in figure.layout.shapes:
        our_axes.draw_line(places[_numbers(shape.xref, shape.yref)].axes, shape, look)
    titles = _titles(figure, places)
    for (x, y), place in places.items():
        x_axis, y_axis = figure.layout[f"xaxis{x}"], figure.layout[f"yaxis{y}"]
        our_axes.finish(place.axes, x_axis, y_axis, place.x_names, place.y_names, look)
    for note in figure.layout.annotations:
        if id(note) not in titles:
            x, y = _numbers(note.xref, note.yref)
            place = places.get((x, y)) or next(iter(places.values()))
            our_axes.write(place.axes, note, figure.layout[f"xaxis{x}"], figure.layout[f"yaxis{y}"], look)
    letters = int(8.2 * look.size[0])
    head = wrapped(title, letters, 4)
    rows = _legend(figure, [*places.values()], look, head=head, under_title=bool(titles))
    drawing.suptitle(head + "\n" * rows, x=0.012, ha="left", fontsize=TITLE, color=look.theme.ink, **PLAIN)
    said = f"{caption.rstrip()} {MADE}".strip()
    drawing.supxlabel(
        wrapped(said, int(1.62 * letters), 9), x=0.012, ha="left", fontsize=9, color=look.theme.quiet, **PLAIN
    )
    return drawing


def _axes_of(trace: Any) -> tuple[str, str]:
    return (getattr(trace, "xaxis", None) or "x")[1:], (getattr(trace, "yaxis", None) or "y")[1:]


def _numbers(x: str | None, y: str | None) -> tuple[str, str]:
    """Return which axes two references such as "x2 domain" and "y2" name; the first for the whole figure."""
    first, second = ("" if ref in (None, "paper") else ref.split(" ")[0][1:] for ref in (x, y))
    return first, second


def _places(figure: go.Figure, drawing: Figure, look: Look) -> dict[tuple[str, str], Place]:
    """Return the axes that the traces are on, side by side and one above the other as there."""
    pairs = list(dict.fromkeys(_axes_of(trace) for trace in figure.data)) or [("", "")]
    lefts = sorted({_domain(figure, "x", x)[0] for x, _ in pairs})
    tops = sorted({_domain(figure, "y", y)[0] for _, y in pairs}, reverse=True)
    rows, columns = len(tops), len(lefts)
    if look.is_narrow:
        rows, columns = rows * columns, 1
        drawing.set_size_inches(look.size[0], look.size[1] + 2.6 * (rows - 1))
    grid = drawing.add_gridspec(rows, columns)
    found: dict[tuple[str, str], Place] = {}
    for x, y in pairs:
        row, column = tops.index(_domain(figure, "y", y)[0]), lefts.index(_domain(figure, "x", x)[0])
        if look.is_narrow:
            row, column = row * len(lefts) + column, 0
        shared = next((found[one].axes for one in found if _same_x(figure, x, one[0])), None)
        place = Place(drawing.add_subplot(grid[row, column], sharex=shared), look)
        place.bars = sum(trace.type == "bar" and _axes_of(trace) == (x, y) for trace in figure.data) or 1
        our_axes.set_scales(place.axes, figure.layout[f"xaxis{x}"], figure.layout[f"yaxis{y}"])
        found[x, y] = place
    return found


def _same_x(figure: go.Figure, one: str, other: str) -> bool:
    """Return whether two level axes go together."""
    return (
        f"x{one}" == figure.layout[f"xaxis{other}"].matches
        or f"x{other}" == figure.layout[f"xaxis{one}"].matches
    )


def _domain(figure: go.Figure, which: str, number: str) -> tuple[float, float]:
    return tuple(figure.layout[f"{which}axis{number}"].domain or (0.0, 1.0))


def _titles(figure: go.Figure, places: dict[tuple[str, str], Place]) -> set[int]:
    """Draw the titles of axes that stand side by side, and return which annotations they were."""
    found: set[int] = set()
    if len(places) == 1:
        return found
    for note in figure.layout.annotations:
        for (x, y), place in places.items():
            left, right = _domain(figure, "x", x)
            middle, top = (left + right) / 2, _domain(figure, "y", y)[1]
            if note.xref == note.yref == "paper" and abs(note.x - middle) + abs(note.y - top) < 0.02:
                text = shortened(text_of(note.text), 90)
                place.axes.set_title(text, loc="left", fontsize=11, color=place.look.theme.ink, **PLAIN)
                found.add(id(note))
    return found


def _legend(figure: go.Figure, places: list[Place], look: Look, *, head: str, under_title: bool) -> int:
    """Draw the names of all traces above the first axes.

    Where axes stand side by side, they stand below the title instead, since names are wider than one of
    these: returns how many lines the title has to leave for them.
    """
    keys = [key for place in places for key in place.keys]
    one = len(figure.data) == 1 and not figure.layout.showlegend
    if figure.layout.showlegend is False or one or not keys:
        return 0
    names = [shortened(text_of(name), NAME) for _, name in keys]
    columns = max(1, min(len(keys), int(11 * look.size[0]) // (max(map(len, names)) + 7)))
    how = {"ncols": columns, "frameon": False, "fontsize": 10, "labelcolor": look.theme.ink}
    handles, axes = [handle for handle, _ in keys], places[0].axes
    beside = len({place.axes.get_subplotspec().colspan.start for place in places}) > 1
    if beside:
        drawing = axes.figure
        top = 1 - (TITLE * 1.25 * (head.count("\n") + 1)) / 72 / drawing.get_figheight()
        legend = drawing.legend(
            handles, names, loc="upper left", bbox_to_anchor=(0.012, top), borderaxespad=0, **how
        )
        legend.set_in_layout(False)
    else:
        pad = 2.4 if under_title else 0.6
        legend = axes.legend(
            handles, names, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=pad, **how
        )
    for text in legend.get_texts():
        text.set_parse_math(False)
    return -(-len(keys) // columns) if beside else 0
