"""The figure of a race for a blog post: the staircases and the pictures, drawn by matplotlib."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure  # not pyplot, whose global state two users would share
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

from malt_core.epsilon import Epsilon
from malt_core.figure_style import PALETTE
from malt_core.networks import network_info
from malt_core.printing.look import LIGHT, Look
from malt_core.printing.words import PLAIN
from malt_core.race import words
from malt_core.race.record import LaneRecord, RaceRecord
from malt_core.race.replay import axis, end, is_logarithmic, span, title
from malt_core.trust.words import MEANING, summary

COLOURS = (PALETTE[0], PALETTE[4], PALETTE[1])
DASHES = ("-", ":", "--")


def drawn(record: RaceRecord, images: Sequence[bytes], look: Look = LIGHT) -> Figure:
    """Return the figure of a race. images: PNG files, one a picture."""
    figure = Figure(look.size, look.dpi, facecolor=look.theme.paper)
    grid = figure.add_gridspec(
        2, 1, left=0.06, right=0.97, top=0.79, bottom=0.2, height_ratios=(2.4, 1), hspace=0.62
    )
    _curves(figure.add_subplot(grid[0]), record, look)
    places = grid[1].subgridspec(1, max(6, len(images)))
    for i, image in enumerate(images):
        _picture(figure.add_subplot(places[i]), record, i, image, look)
    wide = look.size[0] / 12
    head = "\n".join(textwrap.wrap(words.headline(record), int(105 * wide), max_lines=4, placeholder=" …"))
    figure.suptitle(head, fontsize=14, x=0.06, y=0.975, ha="left", va="top", color=look.theme.ink, **PLAIN)
    note = "\n".join(textwrap.wrap(_note(record), int(165 * wide), max_lines=7, placeholder=" …"))
    figure.text(0.06, 0.02, note, fontsize=8.5, color=look.theme.quiet, **PLAIN)
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
    axes.set_title(
        f"{title(record)}, {axis(record.lanes)}", loc="left", fontsize=10, pad=24, color=look.theme.ink
    )
    axes.grid(axis="y", color=(*look.colour(None)[:3], 0.12))
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(look.theme.quiet)
    axes.tick_params(colors=look.theme.ink)
    axes.set_facecolor("none")
    axes.legend(
        frameon=False,
        fontsize=9,
        labelcolor=look.theme.ink,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=3,
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


def _picture(axes: Axes, record: RaceRecord, i: int, image: bytes, look: Look) -> None:
    axes.imshow(Image.open(io.BytesIO(image)), interpolation="nearest")
    picture = record.pictures[i]
    under = "\n".join(textwrap.wrap(f"{picture.name}: {words.answer(picture)}", 26, max_lines=3))
    axes.set_title(under, fontsize=8, color=look.theme.quiet, y=-0.02, va="top", **PLAIN)
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
