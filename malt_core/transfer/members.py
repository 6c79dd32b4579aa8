"""Which networks are averaged against which one. No torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from malt_core.transfer.types import TransferConfig
from malt_core.types import ModelInfo

FEWEST = 2


def members_of(config: TransferConfig, infos: Mapping[str, ModelInfo]) -> dict[int, tuple[int, ...]]:
    """Return for each column the rows whose mean is attacked in its place: the most that have one input size
    and the same classes, itself not among them. Columns with fewer than two such are left out.
    """
    found = {}
    for column, id in enumerate(config.columns):
        kinds: dict[tuple, list[int]] = defaultdict(list)
        for row, other in enumerate(config.rows):
            if other != id:
                kinds[infos[other].size, infos[other].classes].append(row)
        most = max(kinds.values(), key=len, default=[])
        if len(most) >= FEWEST:
            found[column] = tuple(most)
    return found
