"""A transfer matrix that a browser draws at once: what the Transfer page opens with. See svg_plot.py.

Rows and columns have letters, so that six networks fit on a phone; above a row's cells stands its name.
"""

from __future__ import annotations

import html

from malt_core.figure_style import PALETTE
from malt_core.svg_plot import Axis, Marks, rows_plot
from malt_core.transfer import words
from malt_core.transfer.record import TransferRecord
from malt_core.transfer.statistics import Cell, all_compared, control, matrix

ABOVE, NAME, CELL, GAP = 24, 22, 42, 14  # pixels: the letters, a row's name, its cells, and between rows
TINT = 0.4  # opacity of a share of 100%: words in the colour of the page stay readable on it
COLOUR, NOISE = PALETTE[1], PALETTE[0]
COMPARED = {"naive": "MALT's target − the likeliest", "momentum": "Momentum − plain steps"}
COMPARED_SEVERAL = "Mean of several networks − one of them"


def matrix_html(record: TransferRecord) -> str:
    """Return the matrix as a piece of HTML: shares, with the images that count below each."""
    cells = matrix(record)
    columns = len(record.columns) + 1  # and the noise
    height = ABOVE + len(cells) * (NAME + CELL + GAP)
    heads = [*words.LETTERS[: len(record.columns)], "noise"]
    drawn = "".join(
        f'<text class="mt-quiet" x="{_middle(j, columns)}" y="15" text-anchor="middle">{head}</text>'
        for j, head in enumerate(heads)
    )
    for i, line in enumerate(cells):
        top = ABOVE + i * (NAME + CELL + GAP)
        own = record.own_column(i)
        letter = f"{words.LETTERS[own]}: " if own is not None else ""
        name = words.short(record.rows[i].id)
        drawn += f'<text x="0" y="{top + 16}">{html.escape(f"{letter}made on {name}")}</text>'
        for j, one in enumerate(line):
            tip = words.in_cell(one, name, words.short(record.columns[j].id))
            share = "–" if one.share is None else f"{one.share:.0%}"
            drawn += _cell(
                j, columns, top + NAME, share, f"of {one.of}", one.share, COLOUR, tip, frame=j == own
            )
        fooled, of = control(record, i)
        tip = f"Random noise of the same ε, at {name}'s size, on the other networks: {fooled} of {of}."
        share = fooled / of if of else None
        drawn += _cell(
            len(line),
            columns,
            top + NAME,
            words.control_text(record, i),
            f"of {of}",
            share,
            NOISE,
            tip,
            frame=False,
        )
    look = f'role="img" width="100%" height="{height}" aria-label="{html.escape(alt_text(record, cells))}"'
    return (
        f'<div class="malt-matrix"><style>{_STYLE}</style><svg {look}>{drawn}</svg>'
        f'<div class="mt-legend">{_legend(record)}</div></div>'
    )


def alt_text(record: TransferRecord, cells: list[list[Cell]]) -> str:
    """Return the matrix in words."""
    lines = []
    for i, line in enumerate(cells):
        said = ", ".join(
            f"{words.short(record.columns[j].id)} "
            + ("nothing to count" if one.share is None else f"{one.share:.0%} of {one.of}")
            for j, one in enumerate(line)
        )
        lines.append(f"made on {words.short(record.rows[i].id)}: {said}")
    return "Share of adversarial images that fool each network. " + "; ".join(lines) + "."


def _middle(column: int, columns: int) -> str:
    return f"{100 * (column + 0.5) / columns:.3f}%"


def _cell(
    column: int,
    columns: int,
    top: int,
    share: str,
    count: str,
    filled: float | None,
    colour: str,
    tip: str,
    *,
    frame: bool,
) -> str:
    """filled: the share by which it is tinted, None for no colour. frame: whether it is on the diagonal."""
    place = f'x="{100 * (column + 0.04) / columns:.3f}%" width="{92 / columns:.3f}%"'
    box = f'{place} y="{top}" height="{CELL}" rx="4"'
    tint = f'<rect {box} fill="{colour}" fill-opacity="{TINT * (filled or 0):.3f}"/>'
    edge = f'<rect {box} fill="none" class="{"mt-own" if frame else "mt-edge"}"/>'
    middle = _middle(column, columns)
    return (
        f"<g><title>{html.escape(tip)}</title>{tint}{edge}"
        f'<text x="{middle}" y="{top + 19}" text-anchor="middle">{share}</text>'
        f'<text class="mt-small" x="{middle}" y="{top + 35}" text-anchor="middle">{count}</text></g>'
    )


def _legend(record: TransferRecord) -> str:
    return " · ".join(
        f"<b>{words.LETTERS[j]}</b> {html.escape(words.short(column.id))}"
        for j, column in enumerate(record.columns)
    )


_STYLE = """
.malt-matrix { color: var(--st-text-color); font-family: var(--st-font, system-ui, sans-serif); }
.malt-matrix svg { display: block; overflow: visible; }
.malt-matrix text { fill: currentcolor; font-size: 15px; }
.malt-matrix .mt-small { font-size: 12px; opacity: 0.9; }
.malt-matrix .mt-quiet { font-size: 13px; opacity: 0.85; }
.malt-matrix .mt-edge { stroke: currentcolor; stroke-opacity: 0.2; }
.malt-matrix .mt-own { stroke: currentcolor; stroke-width: 2px; stroke-dasharray: 4 3; }
.malt-matrix .mt-legend { font-size: 14px; line-height: 1.5; }
"""


def comparisons_html(record: TransferRecord) -> str:
    """Return the differences of all comparisons with their intervals; "" where there is none."""
    if not (found := all_compared(record)):
        return ""
    ends = [
        abs(100 * value)
        for one in found
        for value in (one.difference.mean, one.difference.low, one.difference.high)
        if value is not None
    ]
    step = next((size for size in (5, 10, 20) if max(ends) <= 3 * size), 50)
    reach = step * 3 if max(ends) <= 3 * step else 100
    marks = [
        Marks(
            x=[100 * one.difference.mean for one in found],
            y=list(range(len(found))),
            colour=PALETTE[0],
            x_intervals=[
                None
                if one.difference.low is None or one.difference.high is None
                else (max(-reach, 100 * one.difference.low), min(reach, 100 * one.difference.high))
                for one in found
            ],
            tips=[words.comparison(one) for one in found],
        )
    ]
    names = [COMPARED.get(one.what, COMPARED_SEVERAL) for one in found]
    axis = Axis(
        title="difference in how often images travel, in points",
        low=-reach,
        high=reach,
        ticks=[*range(-reach, reach + 1, step)],
    )
    return rows_plot(names, axis, marks, alt=" ".join(words.comparison(one) for one in found))
