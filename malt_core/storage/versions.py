"""Which software computed a result: what every record and report says of itself."""

from __future__ import annotations

import platform
from importlib.metadata import version

from malt_core import __version__

PACKAGES = ("torch", "torchvision", "numpy", "pillow", "robustbench", "pyautoattack")


def versions() -> dict[str, str]:
    """Return the versions of MALT Lab, Python and the packages that results depend on."""
    return {"malt_lab": __version__, "python": platform.python_version(), **{p: version(p) for p in PACKAGES}}
