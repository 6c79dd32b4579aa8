"""The files that an attack on the command line leaves behind."""

from __future__ import annotations

from pathlib import Path

from malt_core.attack_run.pictures import adversarial_png, perturbation_png
from malt_core.attack_run.types import AttackRun
from malt_core.export.html import run_html
from malt_core.images import pixels


def write(run: AttackRun, folder: Path) -> list[Path]:
    """Write original.png, perturbation.png, adversarial.png, figure.html into an existing folder.

    Where nothing was attacked there is no figure.html, and one of an earlier run is removed. Returns the
    paths written. Raises OSError.
    """
    files = {
        "original.png": pixels.png_bytes(run.sample.x),
        "perturbation.png": perturbation_png(run)[0],
        "adversarial.png": adversarial_png(run),
    }
    if run.linearity is not None:
        # A file name need not be UTF-8, and Python hands its odd bytes on as lone surrogates.
        files["figure.html"] = run_html(run).encode("utf-8", "replace")
    else:
        (folder / "figure.html").unlink(missing_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]
