"""The rows of a comparison: what stands beside an undefended network, checked and loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from malt_core import networks
from malt_core.defence_run.proof_types import SMOOTHED
from malt_core.defence_run.record import RowRecord
from malt_core.defence_run.types import DefenceConfig
from malt_core.defences.catalogue import DEFENCES, defence_info
from malt_core.errors import BadConfig
from malt_core.models.catalogue import model_info
from malt_core.networks import network_info

if TYPE_CHECKING:
    from malt_core.defence_run.run import Contestant
    from malt_core.models.devices import Device
    from malt_core.models.weights.downloads import Progress

UNDEFENDED = "tiny-imagenet/standard"  # what the carried-over attack is made on
TRAINED = {
    "robust": "Adversarial training",
    "distilled": "Defensive distillation",
    "regularised": "Gradient regularisation",
}
"""Networks trained with a defence, beside UNDEFENDED, by the last part of their id."""
AROUND = {info.id: info.title[0].upper() + info.title[1:] for info in DEFENCES.values()}
"""Defences that stand around a network, by their id."""
ROWS = TRAINED | AROUND
"""Every defence by a short name, and what people call it."""
SLOW = ("smoothing",)
"""Those that ask the network a hundred times for each answer: not among the rows unless asked for."""
QUICK = tuple(name for name in ROWS if name not in SLOW)


def row_id(name: str, undefended: str) -> str | None:
    """Return the id of a defence of ROWS for that network; None where there is none for it."""
    if name in TRAINED:
        return f"tiny-imagenet/{name}" if undefended == UNDEFENDED else None
    inner = SMOOTHED if name == "smoothing" and undefended == UNDEFENDED else undefended
    if networks.defence_of(inner) is not None:  # behind a defence already
        return None
    fits = networks.fits(defence_info(name), model_info(inner))
    return f"{networks.DEFENDED}{name}/{inner}" if fits else None


def rows_for(undefended: str, names: Sequence[str] = QUICK) -> list[str]:
    """Return the undefended network and the defences of those names that there are for it, by id.

    names: of ROWS.
    """
    found = (row_id(name, undefended) for name in names)
    return [undefended, *filter(None, found)]


def check_rows(undefended: str, rows: Sequence[str]) -> None:
    """Raise BadConfig unless all rows are known, each once, and take what the undefended network takes."""
    info = network_info(undefended)
    if not rows:
        raise BadConfig("There are no rows: name the networks and defences to compare.", setting="rows")
    for row in rows:
        own = network_info(row)
        if (own.classes, own.size) != (info.classes, info.size):
            raise BadConfig(
                f"{row} has other classes or another input size than {undefended}: an image made on one "
                "cannot be tried on the other as it is.",
                setting="rows",
            )
        if rows.count(row) > 1:
            raise BadConfig(f"{row} is named twice: once is enough.", setting="rows")


def row_records(undefended: str, rows: Sequence[str]) -> list[RowRecord]:
    """Return the rows' records, without outcomes."""
    short = {row_id(name, undefended): title for name, title in ROWS.items()} | {undefended: "Undefended"}
    return [RowRecord(id=row, title=short.get(row) or network_info(row).title) for row in rows]


def contestant(
    row: str, config: DefenceConfig, *, device: Device = "cpu", progress: Progress | None = None
) -> Contestant:
    """Return a row, loaded. Raises as load_model does."""
    from malt_core.defence_run.run import Contestant
    from malt_core.defences.randomised import Randomised

    network = networks.load_network(row, device=device, progress=progress)
    for part in network.modules():
        if isinstance(part, Randomised):  # of this row's own: what is behind a defence is new each time
            part.draws = config.draws
    return Contestant(row, network)


def told(rows: Sequence[RowRecord], contestants: Sequence[Contestant]) -> tuple[RowRecord, ...]:
    """Return rows that say what only loaded networks tell: which of them are detectors."""
    detectors = {one.id for one in contestants if one.detects}
    return tuple(replace(row, detector=row.id in detectors) for row in rows)
