"""Which networks are on this computer already. Needs no torch."""

from __future__ import annotations

from malt_core.models.weights.downloads import cache_dir
from malt_core.types import ModelInfo


def is_present(info: ModelInfo) -> bool:
    """Return whether a network loads without a download: bundled, or fetched into the cache before.

    It goes by the names of files, and looks into none.
    """
    if info.offline:
        return not info.needs
    source, *_, name = info.id.split("/")
    if source == "torchvision":
        return any((cache_dir() / source).glob(f"{name}-*"))
    folder = (cache_dir() / info.id).parent
    return (folder / f"{name}.pt").is_file() or (folder / f"{name}.pt_m0.pt").is_file()
