"""A figure or a table, to be taken away: picture, drawing, page, numbers. No torch, no browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from malt_core.export.figures import Rows, csv_text
from malt_core.storage.typed_json import finite_or_none, plain
from malt_core.storage.versions import versions

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

    from malt_core.printing.look import Look

FIGURE = "malt-figure"
MOST_ROWS = 400  # of a table inside an HTML page


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What is taken away: a table, and for a figure what draws it.

    name: of its files, without the ending. title: what it shows, as a headline; about: of which network, ε
    and images, in sentences: both go wherever the picture goes. alt: for those who do not see it. rows: the
    numbers behind it; draw: None for a table alone. All are plain text.
    """

    name: str
    title: str
    rows: Rows
    about: str = ""
    alt: str = ""
    draw: Callable[[Look], Figure] | None = field(default=None, repr=False)


def of_figure(
    figure: go.Figure, *, name: str, title: str, rows: Rows, about: str = "", alt: str = ""
) -> Taken:
    """Return a Plotly figure with its numbers, drawn by matplotlib when it is asked for. All as in Taken."""

    def draw(look: Look) -> Figure:
        from malt_core.printing.from_plotly import printed  # matplotlib takes a while to import

        return printed(figure, title=title, caption=about, look=look)

    return Taken(name=name, title=title, rows=rows, about=about, alt=alt, draw=draw)


@dataclass(frozen=True, kw_only=True)
class FigureRecord:
    """The numbers behind one figure or table."""

    kind: Annotated[Literal["malt-figure"], Meta(description="What this file is.")]
    version: Annotated[Literal[1], Meta(description="Of this file's schema.")]
    name: Annotated[str, Meta(description="Of the figure.")]
    title: Annotated[str, Meta(description="What it shows.")]
    about: Annotated[str, Meta(description="Of which network, ε and images.")]
    alt: Annotated[str, Meta(description="The figure in words.")]
    columns: Annotated[tuple[str, ...], Meta(description="The names of the columns, in their order.")]
    rows: Annotated[
        tuple[dict[str, str | float | int | bool | None], ...],
        Meta(description="One object a row, by column; null for what is not known or infinite."),
    ]
    versions: Annotated[dict[str, str], Meta(description="Of the software.")]


def record_of(taken: Taken) -> FigureRecord:
    """Return the record of a figure's numbers, with all their digits."""
    columns = tuple(dict.fromkeys(name for row in taken.rows for name in row))
    return FigureRecord(
        kind=FIGURE,
        version=1,
        name=taken.name,
        title=taken.title,
        about=taken.about,
        alt=taken.alt,
        columns=columns,
        rows=tuple({name: _value(row.get(name)) for name in columns} for row in taken.rows),
        versions=versions(),
    )


def _value(value: Any) -> str | float | int | bool | None:
    if value is None or isinstance(value, str | bool | int):
        return value
    return finite_or_none(float(value)) if isinstance(value, float) else str(value)


def json_bytes(taken: Taken) -> bytes:
    """Return the numbers as JSON: docs/figure.schema.json."""
    return (json.dumps(plain(record_of(taken)), indent=1, ensure_ascii=False) + "\n").encode()


def png(taken: Taken, look: str = "light") -> bytes:
    """Return the picture. look: of printing.look.LOOKS. For what can be drawn only."""
    from malt_core.printing.look import LOOKS
    from malt_core.printing.saving import png_bytes

    return png_bytes(taken.draw(LOOKS[look]))


def svg(taken: Taken, look: str = "light") -> bytes:
    """Return the drawing, its words as text. look: as for png."""
    from malt_core.printing.look import LOOKS
    from malt_core.printing.saving import svg_bytes

    return svg_bytes(taken.draw(LOOKS[look]))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1b2733; background: #fff; }}
body {{ max-width: 62rem; margin: 1rem auto; padding: 0 1rem; }}
figure {{ margin: 0; }}
svg {{ display: block; width: 100%; height: auto; }}
@media (max-width: 600px) {{ .wide {{ display: none; }} }}
@media (min-width: 601px) {{ .narrow {{ display: none; }} }}
div.table {{ overflow: auto; max-height: 30rem; }}
table {{ border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; padding: 0.15rem 0.75rem 0.15rem 0; border-bottom: 1px solid #8885; }}
td {{ white-space: nowrap; }}
summary {{ cursor: pointer; }}
@media (prefers-color-scheme: dark) {{ body {{ color: #eceff4; background: #12151c; }} }}
</style>
</head>
<body>
<figure class="wide">
{svg}
</figure>
<figure class="narrow">
{narrow}
</figure>
<details>
<summary>The numbers as a table</summary>
<div class="table" tabindex="0" role="region" aria-label="The numbers">
{table}
</div>
{more}</details>
</body>
</html>
"""


def html(taken: Taken) -> bytes:
    """Return one page with the drawing and its numbers as a table: no script, nothing from elsewhere.

    It follows the reader's light or dark theme. For what can be drawn only.
    """
    from malt_core.printing.look import NARROW_PAGE, PAGE
    from malt_core.printing.saving import svg_element

    alt = escape(f"{taken.title}. {taken.alt} {taken.about}".strip(), quote=True)
    left_out = len(taken.rows) - MOST_ROWS
    more = f"<p>The CSV file has {left_out:,} more rows.</p>\n" if left_out > 0 else ""
    return _PAGE.format(
        title=escape(taken.title),
        svg=svg_element(taken.draw(PAGE), alt),
        narrow=svg_element(taken.draw(NARROW_PAGE), alt, "n-"),
        table=_table(taken.rows[:MOST_ROWS]),
        more=more,
    ).encode()


def _table(rows: Rows) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "\n".join(
        f"<tr>{''.join(f'<td>{_cell(row.get(name))}</td>' for name in columns)}</tr>" for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return escape(f"{value:.6g}" if isinstance(value, float) else str(value))


@dataclass(frozen=True)
class Kind:
    """A kind of file. what: it is, for people; media: its media type; drawn: only where there is a figure."""

    what: str
    media: str
    make: Callable[..., bytes] = field(repr=False)
    drawn: bool = True


KINDS = {
    "png": Kind("Picture (PNG)", "image/png", png),
    "svg": Kind("Drawing (SVG)", "image/svg+xml", svg),
    "html": Kind("Page (HTML)", "text/html", html),
    "csv": Kind("Table (CSV)", "text/csv", lambda taken: csv_text(taken.rows).encode(), drawn=False),
    "json": Kind("Table (JSON)", "application/json", json_bytes, drawn=False),
}
"""By the ending of the file."""
