"""The three columns: what each is called, and its colour in every figure. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from malt_core.defence_run.record import RowRecord
from malt_core.figure_style import CROWD, PALETTE
from malt_core.share import Share


@dataclass(frozen=True)
class Column:
    """share: how many images of a row are right in it."""

    title: str
    colour: str
    share: Callable[[RowRecord], Share]


COLUMNS = (
    Column("clean", CROWD, lambda row: row.clean),
    Column("transferred attack", PALETTE[4], lambda row: row.transfer),
    Column("attack that knows it", PALETTE[0], lambda row: row.adaptive),
)
