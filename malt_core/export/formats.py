"""The formats in which an attack can be taken away, besides what every run leaves: one table."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.errors import BadConfig

if TYPE_CHECKING:
    import numpy as np


PAGE = "figure.html"


@dataclass(frozen=True)
class Publication:
    """A run to be published, with what several formats are made of.

    truth: see attacks/outcome.py. text: of its run.json, where that says more than the run does.
    """

    run: AttackRun
    truth: Truth = None
    text: str | None = None

    @cached_property
    def frames(self) -> list[np.ndarray]:
        """The frames of the moving picture; see attack_run/movie.py."""
        from malt_core.attack_run import movie

        return list(movie.frames(self.run, self.truth))


@dataclass(frozen=True)
class Format:
    """One format.

    file: its name in the folder of a run. what: it is, in a few words. kind: its media type. exact: whether
    it is there only where 8 bits hold the change, since it holds the adversarial image to be judged again.
    moving: whether it is made of Publication.frames, which takes some seconds.
    """

    file: str
    what: str
    kind: str
    make: Callable[[Publication], bytes] = field(repr=False)
    exact: bool = False
    moving: bool = False


def _figure(shape: str, theme: str) -> Callable[[Publication], bytes]:
    """Return what draws the figure: WIDE or SQUARE, LIGHT or DARK."""

    def draw(publication: Publication) -> bytes:
        from malt_core import figure_style
        from malt_core.attack_run import poster

        how = {"shape": getattr(poster, shape), "theme": getattr(figure_style, theme)}
        return poster.figure_png(publication.run, publication.truth, **how)

    return draw


def _curves(publication: Publication) -> bytes:
    from malt_core.attack_run import poster

    return poster.curves_svg(publication.run)


def _table(publication: Publication) -> bytes:
    from malt_core.attack_run.curve_rows import curve_rows
    from malt_core.export.figures import csv_text

    return csv_text(curve_rows(publication.run)).encode()


def _gif(publication: Publication) -> bytes:
    from malt_core.attack_run.movie import PER_SECOND
    from malt_core.export.moving import gif_bytes

    return gif_bytes(publication.frames, PER_SECOND)


def _mp4(publication: Publication) -> bytes:
    from malt_core.attack_run.movie import PER_SECOND
    from malt_core.export.moving import mp4_bytes

    return mp4_bytes(publication.frames, PER_SECOND)


def _webp(publication: Publication) -> bytes:
    from malt_core.attack_run.movie import PER_SECOND, exact_frames
    from malt_core.export.moving import webp_bytes

    return webp_bytes(exact_frames(publication.run), PER_SECOND)


def _notebook(publication: Publication) -> bytes:
    from malt_core.export import notebook

    return notebook.notebook_bytes(publication.run, publication.truth)


def _script(publication: Publication) -> bytes:
    from malt_core.export import snippet

    return snippet.script_bytes(publication.run)


def _page(publication: Publication) -> bytes:
    from malt_core.export.html import run_html

    # A file name need not be UTF-8, and Python hands its odd bytes on as lone surrogates.
    return run_html(publication.run, publication.truth).encode("utf-8", "replace")


def _bundle(publication: Publication) -> bytes:
    from malt_core.export.bundles.write import run_bundle

    return run_bundle(publication.run, publication.text)


_PNG = "image/png"
FORMATS = {
    "png": Format("figure.png", "Figure (PNG)", _PNG, _figure("WIDE", "LIGHT")),
    "png-dark": Format("figure-dark.png", "Figure, dark (PNG)", _PNG, _figure("WIDE", "DARK")),
    "square": Format("figure-square.png", "Figure, square (PNG)", _PNG, _figure("SQUARE", "LIGHT")),
    "square-dark": Format(
        "figure-square-dark.png", "Figure, square, dark (PNG)", _PNG, _figure("SQUARE", "DARK")
    ),
    "svg": Format("curves.svg", "Curves (SVG)", "image/svg+xml", _curves),
    "csv": Format("curves.csv", "Curves (CSV)", "text/csv", _table),
    "gif": Format("way.gif", "Moving picture (GIF)", "image/gif", _gif, moving=True),
    "mp4": Format("way.mp4", "Film (MP4)", "video/mp4", _mp4, moving=True),
    "webp": Format("way.webp", "The picture alone, moving, exact (WebP)", "image/webp", _webp, exact=True),
    "html": Format(PAGE, "Interactive page (HTML)", "text/html", _page),
    "ipynb": Format("run.ipynb", "Notebook (Jupyter)", "application/x-ipynb+json", _notebook),
    "py": Format("run.py", "Python snippet", "text/x-python", _script),
    "malt": Format("run.malt", "The whole run (.malt)", "application/zip", _bundle),
}
"""By the name that --formats takes."""


ALWAYS = ("html",)
"""Formats that every run on the command line leaves, asked for or not."""


def formats_of(text: str) -> tuple[str, ...]:
    """Return the formats that a list with commas names, each once. Raises BadConfig for others."""
    names = [name.strip().lower().removeprefix(".") for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in FORMATS]:
        raise BadConfig(f"There is no format {unknown[0]!r}: choose from {', '.join(FORMATS)}.")
    return tuple(dict.fromkeys(names))


def published(
    run: AttackRun,
    truth: Truth,
    formats: Collection[str],
    *,
    text: str | None = None,
    look: Callable[[Format], None] = lambda _format: None,
) -> dict[str, bytes | None]:
    """Return each file of FORMATS by name: its content where it is among `formats` or ALWAYS, else None.

    It is None, too, where nothing was attacked, or where a format cannot hold what the attack found.
    text: as in Publication. look: called ahead of each file that is made.
    """
    publication = Publication(run, truth, text)
    fits = run.config.epsilon.fits_eight_bits
    made: dict[str, bytes | None] = {}
    for name, format in FORMATS.items():
        wanted = name in formats or name in ALWAYS
        if wanted and run.linearity is not None and (fits or not format.exact):
            look(format)
            made[format.file] = format.make(publication)
        else:
            made[format.file] = None
    return made
