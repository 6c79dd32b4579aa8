"""The figure of a race for a blog post: the staircases and the pictures, drawn by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure  # not pyplot, whose global state two users would share
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

from malt_core.epsilon import Epsilon
from malt_core.figure_style import PALETTE
from malt_core.networks import network_info
from malt_core.printing.look import LIGHT, Look
from malt_core.printing.words import PLAIN, wrapped
from malt_core.race import words
from malt_core.race.record import LaneRecord, RaceRecord
from malt_core.race.replay import axis, end, is_logarithmic, span, title
from malt_core.trust.words import MEANING, summary

COLOURS = (PALETTE[0], PALETTE[4], PALETTE[1])
DASHES = ("-", ":", "--")


def drawn(record: RaceRecord, images: Sequence[bytes], look: Look = LIGHT) -> Figure:
    """Return the figure of a race. images: PNG files, one a picture."""
    wide = look.size[0]
    columns = 4 if look.is_narrow else max(6, len(images))
    lines = -(-len(images) // columns)
    figure = Figure(look.size, look.dpi, facecolor=look.theme.paper, layout="constrained")
    if look.is_narrow:
        figure.set_size_inches(wide, look.size[1] + 1.6 * lines + 1.5)
    grid = figure.add_gridspec(2, 1, height_ratios=(2.4, lines))
    _curves(figure.add_subplot(grid[0]), record, look)
    places = grid[1].subgridspec(lines, columns)
    for i, image in enumerate(images):
        axes = figure.add_subplot(places[i // columns, i % columns])
        _picture(axes, record, i, image, int(13.5 * wide / columns), look)
    head = wrapped(words.headline(record), int(8.4 * wide), 8)
    figure.suptitle(head, fontsize=14, x=0.012, ha="left", color=look.theme.ink, **PLAIN)
    note = wrapped(_note(record), int(13.8 * wide), 14)
    figure.supxlabel(note, fontsize=8.5, x=0.012, ha="left", color=look.theme.quiet, **PLAIN)
    return figure


def _curves(axes: Axes, record: RaceRecord, look: Look) -> None:
    first, last = span(record.lanes)
    logarithmic = is_logarithmic(record.lanes)
    start = first if logarithmic else 0.0
    for i, lane in enumerate(record.lanes):
        if lane.state != "waiting":
            _lane(axes, lane, i, len(record.standing), start, f"{lane.title}: {end(lane, record)}")
    axes.set_xscale("log" if logarithmic else "linear")
    axes.set_xlim(start, 1.03 * last)
    axes.set_ylim(0, 1.1 * max(1, len(record.standing)))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    columns = 3 if look.size[0] > 10 else 1
    lines = -(-len(record.lanes) // columns)
    head = wrapped(f"{title(record)}, {axis(record.lanes)}", int(13 * look.size[0]), 3)
    axes.set_title(head, loc="left", fontsize=10, pad=8 + 16 * lines, color=look.theme.ink)
    axes.grid(axis="y", color=(*look.colour(None)[:3], 0.12))
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(look.theme.quiet)
    axes.tick_params(colors=look.theme.ink)
    axes.set_facecolor("none")
    axes.legend(
        frameon=False,
        fontsize=9,
        labelcolor=look.theme.ink,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
    )


def _lane(axes: Axes, lane: LaneRecord, i: int, standing: int, start: float, label: str) -> None:
    """Draw a staircase; each is a little off the others, or equal ones would cover each other."""
    seconds = [start, *(fall.seconds for fall in lane.falls), lane.seconds]
    shift = 0.015 * standing * (1 - i)
    left = [standing - n + shift for n in (*range(len(lane.falls) + 1), len(lane.falls))]
    axes.plot(
        seconds, left, DASHES[i % 3], color=COLOURS[i % 3], drawstyle="steps-post", linewidth=2.2, label=label
    )
    axes.plot(seconds[-1], left[-1], "o", color=COLOURS[i % 3], markersize=6)


def _picture(axes: Axes, record: RaceRecord, i: int, image: bytes, letters: int, look: Look) -> None:
    """letters: that a line below it has room for."""
    axes.imshow(Image.open(io.BytesIO(image)), interpolation="nearest")
    picture = record.pictures[i]
    under = wrapped(f"{picture.name}: {words.answer(picture)}", letters, 4)
    where = {"transform": axes.transAxes, "ha": "center", "va": "top"}
    axes.text(0.5, -0.06, under, fontsize=8, color=look.theme.quiet, **where, **PLAIN)
    axes.set_axis_off()


def _note(record: RaceRecord) -> str:
    credits = "; ".join(f"{picture.name}: {picture.credit}" for picture in record.pictures if picture.credit)
    parts = (
        words.answers(record),
        words.invalid(record),
        f"Flags: {summary(record.flags)}. {MEANING}" if record.flags else "",
        f"{network_info(record.model).title}, ε = {Epsilon(record.eps, record.norm)}.",
        "Each attack ran alone, only its own working time counts. Drawn by MALT Lab.",
        f"Photographs: {credits}." if credits else "",
    )
    return " ".join(part for part in parts if part)
