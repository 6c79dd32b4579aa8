"""MALT Lab's library: targeted adversarial attacks by mesoscopic almost linearity (arXiv 2407.02240).

Names are imported on first use, so that `import malt_core` costs nothing and a page can show its first
words before torch has loaded.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOME = {
    "attack": "attacks.malt.single",
    "malt": "attacks.malt.batch",
    "export_gradient": "portable.export",
    "measure_linearity": "linearity.measurement",
    **dict.fromkeys(("boundary_distances", "each_boundary_distance"), "explanations.distances"),
    "smallest_epsilon": "explanations.smallest",
    "Model": "models.loaders",
    "load_model": "networks",
    **dict.fromkeys(("MaltError", "BadImage", "BadConfig", "ModelUnavailable", "MaltWarning"), "errors"),
    **dict.fromkeys(("AttackConfig", "AttackResult", "MaltResult"), "attacks.types"),
    "LinearityReport": "linearity.types",
    "Flag": "trust.flags",
    "straight_through": "trust.straight_through",
    **dict.fromkeys(("ModelInfo", "Sample"), "types"),
}
__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'malt_core' has no attribute {name!r}")
    return getattr(import_module(f"malt_core.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
