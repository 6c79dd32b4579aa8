"""From the classes of one network to those of another. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from malt_core.datasets.labels import class_wnids
from malt_core.errors import BadConfig
from malt_core.types import ModelInfo

ClassMap = tuple[int | None, ...]
"""For each class of one network, that of another which means the same; None where it has none."""


def class_map(source: ModelInfo, to: ModelInfo) -> ClassMap:
    """Return what `to` calls each class of `source`: the same index where both tell the same classes apart,
    else the class of the same WordNet id, as between the 200 classes of Tiny-ImageNet and ImageNet's 1,000.

    Raises BadConfig where they have no class in common.
    """
    if source.classes == to.classes:
        return tuple(range(len(source.classes)))
    found = _by_wnid(source.dataset, to.dataset)
    if not any(index is not None for index in found):
        raise BadConfig(
            f"{source.id} and {to.id} have no classes in common ({source.dataset} and {to.dataset}), so no "
            "image can fool both: choose networks of one data set, or of ImageNet and Tiny-ImageNet."
        )
    return found


def check_classes(rows: Sequence[ModelInfo], columns: Sequence[ModelInfo]) -> None:
    """Raise BadConfig unless each row's network has classes in common with each column's."""
    for row in rows:
        for column in columns:
            class_map(row, column)


@cache
def _by_wnid(source: str, to: str) -> ClassMap:
    index = {wnid: i for i, wnid in enumerate(class_wnids(to)) if wnid}
    return tuple(index.get(wnid) for wnid in class_wnids(source))
