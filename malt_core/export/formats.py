"""The formats in which an attack can be taken away, besides what every run leaves: one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.errors import BadConfig

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Publication:
    """A run to be published, with what several formats are made of. truth: see attacks/outcome.py."""

    run: AttackRun
    truth: Truth = None

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
    """

    file: str
    what: str
    kind: str
    make: Callable[[Publication], bytes] = field(repr=False)
    exact: bool = False


def _figure(publication: Publication) -> bytes:
    from malt_core.attack_run import poster

    return poster.figure_png(publication.run, publication.truth)


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


FORMATS = {
    "png": Format("figure.png", "Figure (PNG)", "image/png", _figure),
    "svg": Format("curves.svg", "Curves (SVG)", "image/svg+xml", _curves),
    "csv": Format("curves.csv", "Curves (CSV)", "text/csv", _table),
    "gif": Format("way.gif", "Moving picture (GIF)", "image/gif", _gif),
    "mp4": Format("way.mp4", "Film (MP4)", "video/mp4", _mp4),
    "webp": Format("way.webp", "The picture alone, moving, exact (WebP)", "image/webp", _webp, exact=True),
}
"""By the name that --formats takes."""


def formats_of(text: str) -> tuple[str, ...]:
    """Return the formats that a list with commas names, each once. Raises BadConfig for others."""
    names = [name.strip().lower().removeprefix(".") for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in FORMATS]:
        raise BadConfig(f"There is no format {unknown[0]!r}: choose from {', '.join(FORMATS)}.")
    return tuple(dict.fromkeys(names))


def published(run: AttackRun, truth: Truth, formats: Sequence[str]) -> dict[str, bytes | None]:
    """Return each file of FORMATS by name: its content where it is among `formats`, else None.

    It is None, too, where nothing was attacked, or where a format cannot hold what the attack found.
    """
    publication = Publication(run, truth)
    fits = run.config.epsilon.fits_eight_bits
    return {
        format.file: format.make(publication)
        if name in formats and run.linearity is not None and (fits or not format.exact)
        else None
        for name, format in FORMATS.items()
    }
