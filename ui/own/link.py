"""The settings of the Own network page: only what it hands on, since no link holds a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from malt_core.models.catalogue import DEFAULT_MODEL
from ui.address.common import MODEL
from ui.address.parameters import PageSettings, setting


@dataclass(frozen=True, kw_only=True)
class OwnSettings(PageSettings):
    """model: what the other pages attack."""

    page: ClassVar[str] = "own"
    result_in_address: ClassVar[bool] = False

    model: str = setting(MODEL, DEFAULT_MODEL)
