"""The rows of a comparison: what stands beside an undefended network, checked and loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from malt_core.defence_run.record import DefencesRecord, RowRecord
from malt_core.defence_run.types import DefenceConfig
from malt_core.errors import BadConfig
from malt_core.models.catalogue import model_info

if TYPE_CHECKING:
    from malt_core.defence_run.run import Contestant
    from malt_core.models.devices import Device
    from malt_core.models.weights.downloads import Progress

BUNDLED = ("standard", "robust", "distilled", "regularised")
UNDEFENDED = "tiny-imagenet/standard"  # what the carried-over attack is made on
ALL_ROWS = tuple(f"tiny-imagenet/{name}" for name in BUNDLED)
"""What is compared where nobody says otherwise, the undefended network first."""


def check_rows(undefended: str, rows: Sequence[str]) -> None:
    """Raise BadConfig unless all rows are known, each once, and take what the undefended network takes."""
    info = model_info(undefended)
    if not rows:
        raise BadConfig("There are no rows: name the networks and defences to compare.", setting="rows")
    for row in rows:
        own = model_info(row)
        if (own.classes, own.size) != (info.classes, info.size):
            raise BadConfig(
                f"{row} has other classes or another input size than {undefended}: an image made on one "
                "cannot be tried on the other as it is.",
                setting="rows",
            )
        if rows.count(row) > 1:
            raise BadConfig(f"{row} is named twice: once is enough.", setting="rows")


def row_records(rows: Sequence[str]) -> list[RowRecord]:
    """Return the rows' records, without outcomes."""
    return [RowRecord(id=row, title=model_info(row).title) for row in rows]


def contestant(
    row: str, config: DefenceConfig, *, device: Device = "cpu", progress: Progress | None = None
) -> Contestant:
    """Return a row, loaded. Raises as load_model does."""
    from malt_core.defence_run.run import Contestant
    from malt_core.models import loaders

    return Contestant(row, loaders.load_model(row, device=device, progress=progress))


def told(record: DefencesRecord, contestants: Sequence[Contestant]) -> DefencesRecord:
    """Return a record whose rows say what only loaded networks tell: which of them are detectors."""
    detectors = {one.id for one in contestants if one.detects}
    rows = (replace(row, detector=row.id in detectors) for row in record.rows)
    return replace(record, rows=tuple(rows))
