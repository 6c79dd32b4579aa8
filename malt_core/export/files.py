"""The files that an attack on the command line leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from malt_core.attack_run.pictures import adversarial_npy, adversarial_png, perturbation_png
from malt_core.attack_run.record import RECORD
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.export.formats import FORMATS, published
from malt_core.export.html import run_html
from malt_core.images import pixels
from malt_core.storage.whole_files import write_together

ADVERSARIAL, EXACT = "adversarial.png", "adversarial.npy"
NAMES = (
    "original.png",
    "perturbation.png",
    ADVERSARIAL,
    EXACT,
    "figure.html",
    *(format.file for format in FORMATS.values()),
    RECORD,
)
"""All files that a run may leave."""


def contents(run: AttackRun) -> dict[str, bytes | None]:
    """Return the content of each file but run.json, None for those that this run has not.

    There is no figure.html where nothing was attacked. Where no PNG can hold the change (ε below 1/255),
    there is adversarial.npy in place of adversarial.png, which would be the original.
    """
    # A file name need not be UTF-8, and Python hands its odd bytes on as lone surrogates.
    page = run_html(run).encode("utf-8", "replace") if run.linearity is not None else None
    return {
        "original.png": pixels.png_bytes(run.sample.x),
        "perturbation.png": perturbation_png(run)[0],
        ADVERSARIAL: adversarial_png(run) if run.config.epsilon.fits_eight_bits else None,
        EXACT: None if run.config.epsilon.fits_eight_bits else adversarial_npy(run),
        "figure.html": page,
    }


def write(
    run: AttackRun,
    folder: Path,
    record: str | None = None,
    *,
    formats: Sequence[str] = (),
    truth: Truth = None,
) -> list[Path]:
    """Write all files of a run into an existing folder: all of them, or, where one fails, none.

    record: the text of run.json. formats: of FORMATS, what is wanted besides; truth: what the picture shows,
    which these tell. Files of an earlier run that this one has not are removed. Returns the paths
    written. Raises OSError; the folder is then as it was.
    """
    files = contents(run) | published(run, truth, formats) | {RECORD: record}
    return write_together(folder, files, last=RECORD)
