"""The files that an attack on the command line leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from malt_core.attack_run.pictures import adversarial_npy, adversarial_png, perturbation_png
from malt_core.attack_run.record import RECORD
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.export.formats import FORMATS, Format, published
from malt_core.images import pixels
from malt_core.storage.whole_files import write_together

ADVERSARIAL, EXACT = "adversarial.png", "adversarial.npy"
NAMES = (
    "original.png",
    "perturbation.png",
    ADVERSARIAL,
    EXACT,
    *(format.file for format in FORMATS.values()),
    RECORD,
)
"""All files that a run may leave."""


def pictures(run: AttackRun) -> dict[str, bytes | None]:
    """Return the content of each picture, None for those that this run has not.

    Where no PNG can hold the change (ε below 1/255), there is adversarial.npy in place of adversarial.png,
    which would be the original.
    """
    return {
        "original.png": pixels.png_bytes(run.sample.x),
        "perturbation.png": perturbation_png(run)[0],
        ADVERSARIAL: adversarial_png(run) if run.config.epsilon.fits_eight_bits else None,
        EXACT: None if run.config.epsilon.fits_eight_bits else adversarial_npy(run),
    }


def write(
    run: AttackRun,
    folder: Path,
    record: str | None = None,
    *,
    formats: Collection[str] = (),
    truth: Truth = None,
    look: Callable[[Format], None] = lambda _format: None,
) -> list[Path]:
    """Write all files of a run into an existing folder: all of them, or, where one fails, none.

    record: the text of run.json. formats: of FORMATS, what is wanted besides; truth: what the picture shows,
    which these tell; look: called ahead of each of these that is made. Files of an earlier run that this one
    has not are removed. Returns the paths written. Raises OSError; the folder is then as it was.
    """
    made = published(run, truth, formats, text=record, look=look)
    return write_together(folder, pictures(run) | made | {RECORD: record}, last=RECORD)
